import AttendTensor

/// A convolution along one axis: PyTorch's `Conv1d`, its names and layouts.
public struct Convolution1D: Sendable {
  let weight: Tensor
  let bias: Tensor?
  let options: ConvolutionOptions

  /// - Parameter scope: holds `weight` `[outputs, inputs/groups, kernel]` and `bias` `[outputs]`.
  public init(
    _ scope: WeightScope, from inputs: Int, to outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0,
    dilation: Int = 1, groups: Int = 1, hasBias: Bool = true
  ) {
    (weight, bias) = convolutionParameters(scope, [outputs, inputs / groups, kernel], hasBias)
    options = ConvolutionOptions(stride: [stride], padding: [padding], dilation: [dilation], groups: groups)
  }

  /// - Parameter x: `[batch, inputs, length]`.
  /// - Returns: `[batch, outputs, windows]`.
  public func callAsFunction(_ x: Tensor) -> Tensor { x.convolution(weight: weight, bias: bias, options: options) }
}

/// A convolution along two axes: PyTorch's `Conv2d`, its names and layouts.
public struct Convolution2D: Sendable {
  let weight: Tensor
  let bias: Tensor?
  let options: ConvolutionOptions

  /// - Parameters:
  ///   - scope: holds `weight` `[outputs, inputs/groups, height, width]` and `bias` `[outputs]`.
  ///   - kernel, stride, padding, dilation: along height and width.
  public init(
    _ scope: WeightScope, from inputs: Int, to outputs: Int, kernel: (Int, Int), stride: (Int, Int) = (1, 1),
    padding: (Int, Int) = (0, 0), dilation: (Int, Int) = (1, 1), groups: Int = 1, hasBias: Bool = true
  ) {
    (weight, bias) = convolutionParameters(scope, [outputs, inputs / groups, kernel.0, kernel.1], hasBias)
    options = ConvolutionOptions(
      stride: [stride.0, stride.1], padding: [padding.0, padding.1], dilation: [dilation.0, dilation.1], groups: groups)
  }

  /// - Parameter x: `[batch, inputs, height, width]`.
  /// - Returns: `[batch, outputs, rows of windows, windows]`.
  public func callAsFunction(_ x: Tensor) -> Tensor { x.convolution(weight: weight, bias: bias, options: options) }
}

/// Drawn as PyTorch draws them: uniform in ±1/√(places of a window in all its channels).
private func convolutionParameters(_ scope: WeightScope, _ shape: [Int], _ hasBias: Bool) -> (Tensor, Tensor?) {
  let uniform = Initializer.uniform(1 / Float(max(shape.dropFirst().reduce(1, *), 1)).squareRoot())
  return (
    scope.tensor("weight", shape: shape, initializer: uniform),
    hasBias ? scope.tensor("bias", shape: [shape[0]], initializer: uniform) : nil
  )
}
