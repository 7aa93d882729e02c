"""The hub: a broker's configuration, its members, its streams and its read service."""
