"""`maillage doctor`: looks at a node and at the ways to its hubs, and says what is wrong."""
