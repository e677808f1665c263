"""The durable asynchronous part: what was accepted is read, page by page, whatever dies meanwhile."""
