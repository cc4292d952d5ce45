import AttendBase
import AttendTensor
import Testing

/// The fused recurrences against their composition, and each sequence against itself alone.
@Suite struct RecurrenceTests {
  static let cells: [RecurrentCell] = [.tanh, .relu, .lstm, .gru(.afterProduct), .gru(.beforeProduct)]

  /// A random layer, in float64, with all that goes in.
  private struct Example {
    let cell: RecurrentCell
    let sequences: [Range<Int>]
    let isReversed: Bool
    /// x, weights and biases, initial hidden vectors and cells.
    let inputs: [Tensor]

    init(_ cell: RecurrentCell, seed: UInt64) {
      var random = SeededRandom(seed: seed)
      self.cell = cell
      var end = 0
      sequences = (0..<Int.random(in: 0...9, using: &random)).map { _ in
        let start = end
        end += Int.random(in: 0...6, using: &random)
        return start..<end
      }
      let hidden = Int.random(in: 1...37, using: &random)
      let width = Int.random(in: 0...11, using: &random)
      let rows = cell.gates * hidden
      let scale = 1.5 / Double(hidden).squareRoot()
      isReversed = seed % 2 == 0
      inputs = [
        .uniform([end, width], in: -1..<1, .float64, using: &random),
        .uniform([rows, width], in: -0.5..<0.5, .float64, using: &random),
        .uniform([rows, hidden], in: -scale..<scale, .float64, using: &random),
        .uniform([rows], in: -1..<1, .float64, using: &random), .uniform([rows], in: -1..<1, .float64, using: &random),
        .uniform([sequences.count, hidden], in: -1..<1, .float64, using: &random),
        .uniform([sequences.count, hidden], in: -1..<1, .float64, using: &random),
      ]
    }

    func run(_ inputs: [Tensor], sequences: [Range<Int>]? = nil) -> [Tensor] {
      let weights = RecurrentWeights(
        input: inputs[1], hidden: inputs[2], inputBias: inputs[3], hiddenBias: inputs[4])
      let (output, final) = inputs[0].recurrence(
        cell, weights, sequences: sequences ?? self.sequences,
        initial: RecurrentState(hidden: inputs[5], cell: cell.hasCellState ? inputs[6] : nil), reversed: isReversed)
      return [output, final.hidden] + (final.cell.map { [$0] } ?? [])
    }
  }

  @Test(arguments: cells, 1...30 as ClosedRange<UInt64>)
  func agreesWithItsComposition(cell: RecurrentCell, seed: UInt64) {
    let example = Example(cell, seed: seed)
    let doubles = example.inputs.map { $0.leaf() }
    let singles = example.inputs.map { $0.cast(to: .float32).leaf() }
    let (expected, found) = (example.run(doubles), example.run(singles))
    for (found, expected) in zip(found, expected) { #expect(isClose(found, Naive(expected), 1e-5), "\(cell)") }
    func loss(_ outputs: [Tensor]) -> Tensor {
      var random = SeededRandom(seed: seed)
      return outputs.reduce(Tensor.zeros([], outputs[0].dtype)) { sum, output in
        sum + (output * Tensor.uniform(output.shape, in: -1..<1, output.dtype, using: &random)).sum()
      }
    }
    let gradients = Tensor.gradients(of: loss(found), with: singles)
    for (index, exact) in Tensor.gradients(of: loss(expected), with: doubles).enumerated() {
      #expect(isClose(gradients[index], Naive(exact), 1e-4), "\(cell), input \(index)")
    }
  }

  @Test(arguments: cells, 1...10 as ClosedRange<UInt64>)
  func aSequenceDoesNotDependOnItsNeighbours(cell: RecurrentCell, seed: UInt64) {
    let example = Example(cell, seed: seed)
    let inputs = example.inputs.map { $0.cast(to: .float32) }
    let together = example.run(inputs)
    for (index, rows) in example.sequences.enumerated() {
      var own = inputs
      own[0] = inputs[0].sliced(axis: 0, rows)
      for state in 5...6 { own[state] = inputs[state].sliced(axis: 0, index..<index + 1) }
      let alone = example.run(own, sequences: [0..<rows.count])
      #expect(alone[0].scalars(Float.self) == together[0].sliced(axis: 0, rows).scalars(Float.self))
      for state in 1..<alone.count {
        #expect(
          alone[state].scalars(Float.self) == together[state].sliced(axis: 0, index..<index + 1).scalars(Float.self))
      }
    }
  }

  /// Generation goes step by step: the same numbers as the whole sequence at once.
  @Test(arguments: [RecurrentCell.tanh, .lstm, .gru(.afterProduct)])
  func stepsContinueASequence(cell: RecurrentCell) {
    var random = SeededRandom(seed: 8)
    let weights = RecurrentWeights(
      input: .uniform([cell.gates * 21, 5], in: -1..<1, using: &random),
      hidden: .uniform([cell.gates * 21, 21], in: -0.3..<0.3, using: &random))
    let x = Tensor.uniform([6, 5], in: -1..<1, using: &random)
    let whole = x.recurrence(cell, weights, sequences: [0..<6])
    var state: RecurrentState?
    for step in 0..<6 {
      let row = x.sliced(axis: 0, step..<step + 1)
      let (output, next) = row.recurrence(cell, weights, sequences: [0..<1], initial: state)
      #expect(output.scalars(Float.self) == whole.output.sliced(axis: 0, step..<step + 1).scalars(Float.self))
      state = next
    }
    #expect(state?.hidden.scalars(Float.self) == whole.final.hidden.scalars(Float.self))
    #expect(state?.cell?.scalars(Float.self) == whole.final.cell?.scalars(Float.self))
  }
}
