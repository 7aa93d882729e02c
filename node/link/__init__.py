"""A node's connection to a hub: publishing, reading, and the durable pull of a composer."""
