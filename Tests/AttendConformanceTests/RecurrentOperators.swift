import AttendTensor

/// ONNX's `RNN`, `LSTM` and `GRU` through ``Tensor/recurrence(_:_:sequences:initial:reversed:)``: sequences side by side
/// are laid end to end, and gates are brought into PyTorch's order.
enum RecurrentOperators {
  static func run(_ test: OperatorCase) throws -> [Int: Tensor] {
    let isBatchFirst = test.integer("layout") == 1
    let x = try test.require(0)
    let sequences = isBatchFirst ? x : x.transposed(0, 1)
    let (batch, length) = (sequences.shape[0], sequences.shape[1])
    let rows = sequences.reshaped([batch * length, x.shape[2]])
    let cell: RecurrentCell
    let order: [Int]
    switch test.node.operatorType {
    // ONNX has input, output, forget, candidate.
    case "LSTM": (cell, order) = (.lstm, [0, 2, 3, 1])
    // ONNX has update, reset, candidate.
    case "GRU":
      (cell, order) = (.gru(test.integer("linear_before_reset") == 1 ? .afterProduct : .beforeProduct), [1, 0, 2])
    default: (cell, order) = (.tanh, [0])
    }
    let (input, hidden) = (try test.require(1), try test.require(2))
    let width = hidden.shape[2]
    let directions = hidden.shape[0]
    func gates(_ weight: Tensor, axis: Int = 0) -> Tensor {
      .concatenated(order.map { weight.sliced(axis: 0, $0 * width..<($0 + 1) * width) }, axis: 0)
    }
    func state(_ place: Int, _ direction: Int) -> Tensor? {
      test.input(place).map { ($0.selected(axis: isBatchFirst ? 1 : 0, direction)) }
    }
    var outputs: [Tensor] = []
    var hiddens: [Tensor] = []
    var cells: [Tensor] = []
    for direction in 0..<directions {
      let bias = test.input(3)?.selected(axis: 0, direction)
      let half = order.count * width
      let weights = RecurrentWeights(
        input: gates(input.selected(axis: 0, direction)), hidden: gates(hidden.selected(axis: 0, direction)),
        inputBias: bias.map { gates($0.sliced(axis: 0, 0..<half)) },
        hiddenBias: bias.map { gates($0.sliced(axis: 0, half..<2 * half)) })
      let initial = state(5, direction).map { RecurrentState(hidden: $0, cell: state(6, direction)) }
      let result = rows.recurrence(
        cell, weights, sequences: (0..<batch).map { $0 * length..<($0 + 1) * length }, initial: initial,
        reversed: test.text("direction") == "reverse" || direction == 1)
      outputs.append(result.output.reshaped([batch, length, 1, width]))
      hiddens.append(result.final.hidden.reshaped([batch, 1, width]))
      if let cell = result.final.cell { cells.append(cell.reshaped([batch, 1, width])) }
    }
    // [batch, length, directions, width]; ONNX's default is [length, directions, batch, width].
    let y = Tensor.concatenated(outputs, axis: 2)
    let last = Tensor.concatenated(hiddens, axis: 1)
    var results = [
      0: isBatchFirst ? y : y.permuted([1, 2, 0, 3]), 1: isBatchFirst ? last : last.transposed(0, 1),
    ]
    if !cells.isEmpty {
      let last = Tensor.concatenated(cells, axis: 1)
      results[2] = isBatchFirst ? last : last.transposed(0, 1)
    }
    return results
  }
}
