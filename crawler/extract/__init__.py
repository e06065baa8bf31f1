"""From a response to records and links: engines, selectors, field types."""
