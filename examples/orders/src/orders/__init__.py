"""Takes orders and refunds them, over HTTP."""
