"""The three-layer perceptron, step by step."""
