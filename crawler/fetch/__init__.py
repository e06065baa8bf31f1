"""HTTP clients behind one function: a Request in, a Response, Moved or Failure out; guards in one place each."""
