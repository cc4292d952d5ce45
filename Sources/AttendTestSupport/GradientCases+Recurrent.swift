import AttendTensor

extension GradientCases {
  /// Sequences of different, equal and no length, both directions, with and without biases, states and projection.
  static let recurrent: [GradientCase] = {
    let sequences = [0..<2, 2..<2, 2..<5, 5..<7]
    let cells: [(String, RecurrentCell)] = [
      ("rnn", .tanh), ("rnn relu", .relu), ("lstm", .lstm), ("gru", .gru(.afterProduct)),
      ("gru reset before", .gru(.beforeProduct)),
    ]
    return cells.flatMap { name, cell -> [GradientCase] in
      let rows = cell.gates * 3
      // Two numbers that depend on everything, so that the state's gradient joins that of the outputs.
      @Sendable func sum(_ output: Tensor, _ final: RecurrentState) -> Tensor {
        let cells = final.cell.map { $0 * 0.3 } ?? .zeros(final.hidden.shape, final.hidden.dtype)
        return .concatenated([output, final.hidden * 0.7, cells.sliced(axis: 1, 0..<output.shape[1])], axis: 0)
      }
      return [
        GradientCase(name, [[7, 2], [rows, 2], [rows, 3], [rows], [rows]], in: -1..<1) { inputs in
          let weights = RecurrentWeights(
            input: inputs[1], hidden: inputs[2], inputBias: inputs[3], hiddenBias: inputs[4])
          let (output, final) = inputs[0].recurrence(cell, weights, sequences: sequences)
          return sum(output, final)
        },
        GradientCase(
          "\(name) reversed from a state", [[7, 2], [rows, 2], [rows, 3], [4, 3], [4, 3]], in: -1..<1
        ) { inputs in
          // A cell without cell state depends on the last input in another way.
          let (output, final) = inputs[0].recurrence(
            cell, RecurrentWeights(input: inputs[1], hidden: inputs[2]), sequences: sequences,
            initial: RecurrentState(hidden: inputs[3], cell: cell.hasCellState ? inputs[4] : nil), reversed: true)
          return sum(output, final) + inputs[4].sum() * 0.1
        },
        GradientCase("\(name) of nothing", [[0, 2], [rows, 2], [rows, 3]]) { inputs in
          let (output, final) = inputs[0].recurrence(
            cell, RecurrentWeights(input: inputs[1], hidden: inputs[2]), sequences: [0..<0])
          return sum(output, final)
        },
      ]
    } + [
      GradientCase("lstm projected", [[7, 2], [12, 2], [12, 2], [2, 3], [4, 2], [4, 3]], in: -1..<1) { inputs in
        let weights = RecurrentWeights(input: inputs[1], hidden: inputs[2], projection: inputs[3])
        let (output, final) = inputs[0].recurrence(
          .lstm, weights, sequences: sequences, initial: RecurrentState(hidden: inputs[4], cell: inputs[5]))
        return .concatenated([output, final.hidden, final.cell.map { $0.sliced(axis: 1, 1..<3) } ?? output], axis: 0)
      }
    ]
  }()
}
