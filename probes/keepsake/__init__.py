"""What is kept of a browser's visit beside its sample: a filmstrip, the requests (HAR), the page at last."""
