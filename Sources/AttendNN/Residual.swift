import AttendTensor

extension ForwardPass {
  /// x + dropout(part). Where nothing is dropped the part adds x itself, so that its last product writes the sum.
  /// - Parameters:
  ///   - x: the residual stream, `[tokens, width]`.
  ///   - part: gets what its result is to be added to, if anything.
  public mutating func residual(
    _ x: Tensor, dropping rate: Float, _ part: (_ addingTo: Tensor?, inout ForwardPass) -> Tensor
  ) -> Tensor {
    guard isTraining, rate > 0 else { return part(x, &self) }
    let result = part(nil, &self)
    return x + dropout(result, rate)
  }
}
