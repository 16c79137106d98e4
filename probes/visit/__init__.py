"""A visit to a page over HTTP: what may be set, how it is prepared, connected, read and judged."""
