"""A benchmark of learners' faults: how well a tool finds them, and names their step and cause."""
