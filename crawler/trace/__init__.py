"""What each request of a run did and when: written as a Chrome trace, read again, drawn."""
