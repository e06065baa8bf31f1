"""HTTP clients behind one function: a Request in, a Response, Moved or Failure out. All share the same safeguards."""
