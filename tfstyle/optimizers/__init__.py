"""Ways downhill for the pixels of an image, and the formulas in them.

All have `step(image, evaluate, rate)`, where `evaluate(image)` returns the value to lower, a float, and its gradient,
a tensor of the shape of `image`. Images are float32 tensors of shape `(1, height, width, 3)`, and stay in [0, 1].
`rate` is a factor of the learning rate. `stuck` says whether the last step found no way downhill.
"""
