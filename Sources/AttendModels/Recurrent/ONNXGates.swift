import AttendTensor

/// ONNX keeps the weights of both directions of a recurrent layer in one tensor and its gates in another order than
/// PyTorch, whose order Attend has.
struct ONNXGates {
  /// For each of our gates, its place in ONNX.
  let order: [Int]
  let cell: RecurrentCell
  let hidden: Int

  /// Input, forget, candidate, output; ONNX: input, output, forget, candidate.
  static func lstm(hidden: Int) -> ONNXGates { ONNXGates(order: [0, 2, 3, 1], cell: .lstm, hidden: hidden) }
  /// Reset, update, candidate; ONNX: update, reset, candidate.
  static func gru(hidden: Int) -> ONNXGates {
    ONNXGates(order: [1, 0, 2], cell: .gru(.afterProduct), hidden: hidden)
  }

  /// The weights of one direction.
  /// - Parameters:
  ///   - input: `[directions, gates · hidden, inputs]`.
  ///   - recurrent: `[directions, gates · hidden, hidden]`.
  ///   - bias: `[directions, 2 · gates · hidden]`, those of the input first.
  func weights(input: Tensor, recurrent: Tensor, bias: Tensor, direction: Int) -> RecurrentWeights {
    let rows = order.count * hidden
    let bias = bias.selected(axis: 0, direction)
    return RecurrentWeights(
      input: sorted(input.selected(axis: 0, direction)), hidden: sorted(recurrent.selected(axis: 0, direction)),
      inputBias: sorted(bias.sliced(axis: 0, 0..<rows)), hiddenBias: sorted(bias.sliced(axis: 0, rows..<2 * rows)))
  }

  private func sorted(_ rows: Tensor) -> Tensor {
    .concatenated(order.map { rows.sliced(axis: 0, $0 * hidden..<($0 + 1) * hidden) }, axis: 0)
  }
}
