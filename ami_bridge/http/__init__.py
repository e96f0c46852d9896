"""What speaks HTTP to the bridge: webhooks of the outside on loopback, and the local socket that stands in for the store."""
