"""The process that holds the manager links: translate, take snapshots, decide, perform, dispatch."""
