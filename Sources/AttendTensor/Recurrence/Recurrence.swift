extension Tensor {
  /// One recurrent layer in one direction over sequences laid end to end.
  ///
  /// A sequence's results are bitwise the same whatever else is in the batch and however many threads there are.
  /// - Parameters:
  ///   - self: `[tokens, inputs]`.
  ///   - sequences: the rows of each sequence, in order and without gaps; some may be empty.
  ///   - initial: the state before each sequence's first step; nil for zeros. A missing cell state is zeros too.
  ///   - reversed: steps run from the last row of each sequence to its first.
  /// - Returns: `[tokens, outputs]`, and each sequence's state after its last step.
  public func recurrence(
    _ cell: RecurrentCell, _ weights: RecurrentWeights, sequences: [Range<Int>], initial: RecurrentState? = nil,
    reversed: Bool = false
  ) -> (output: Tensor, final: RecurrentState) {
    let operands = RecurrenceOperands(x: self, weights: weights, initial: initial)
    let plan = RecurrencePlan(cell, sequences: sequences, reversed: reversed)
    operands.check(plan)
    let outputs = operands.outputs
    let inputs = operands.tensors
    let isRecording = inputs.contains(where: \.isRecording)
    let result = backend.recurrence(operands.detached(), plan, keepsActivations: isRecording)
    let flat = Tensor.recordJointly(cell.operation, result.output, inputs) {
      [wanted = inputs.map(\.isRecording), operands = operands.detached()] upstream, _ in
      backend.recurrenceGradients(operands, plan, result, upstream: upstream, wanted: wanted)
    }
    guard cell.hasCellState else {
      return (flat, RecurrentState(hidden: plan.lastRows(of: flat, initial: initial?.hidden)))
    }
    let split = plan.tokens * outputs
    let output = flat.sliced(axis: 0, 0..<split).reshaped([plan.tokens, outputs])
    let cells = flat.sliced(axis: 0, split..<flat.count).reshaped([sequences.count, operands.hidden])
    return (output, RecurrentState(hidden: plan.lastRows(of: output, initial: initial?.hidden), cell: cells))
  }
}

/// The tensors that a recurrence reads.
package struct RecurrenceOperands: Sendable {
  package let x: Tensor
  package let weights: RecurrentWeights
  package let initialHidden: Tensor?
  package let initialCell: Tensor?

  package init(x: Tensor, weights: RecurrentWeights, initial: RecurrentState?) {
    self.x = x
    self.weights = weights
    initialHidden = initial?.hidden
    initialCell = initial?.cell
  }

  /// Those that there are, in a fixed order.
  package var tensors: [Tensor] { optionals.compactMap(\.self) }

  private var optionals: [Tensor?] {
    [
      x, weights.input, weights.hidden, weights.inputBias, weights.hiddenBias, weights.projection, initialHidden,
      initialCell,
    ]
  }

  /// The place of each operand in ``tensors``, nil where there is none.
  package var places: [Int?] {
    var next = 0
    return optionals.map { operand in
      guard operand != nil else { return nil }
      defer { next += 1 }
      return next
    }
  }

  /// The same operands with other values.
  package func replacing(_ tensors: [Tensor]) -> RecurrenceOperands {
    let at = places.map { $0.map { tensors[$0] } }
    let weights = RecurrentWeights(
      input: at[1] ?? weights.input, hidden: at[2] ?? weights.hidden, inputBias: at[3], hiddenBias: at[4],
      projection: at[5])
    let state = at[6].map { RecurrentState(hidden: $0, cell: at[7]) }
    return RecurrenceOperands(x: at[0] ?? x, weights: weights, initial: state)
  }

  /// The same values cut off from the tape; packed weights are kept.
  func detached() -> RecurrenceOperands {
    RecurrenceOperands(
      x: x.detached(), weights: RecurrentWeights(detaching: weights),
      initial: initialHidden.map { RecurrentState(hidden: $0.detached(), cell: initialCell?.detached()) })
  }

  /// Width of the hidden vector before any projection, inputs, and outputs after it.
  package var hidden: Int { weights.projection?.shape[1] ?? weights.hidden.shape[1] }
  package var outputs: Int { weights.hidden.shape[1] }
  package var inputs: Int { weights.input.shape[1] }

  func check(_ plan: RecurrencePlan) {
    let gates = plan.cell.gates
    guard x.rank == 2, weights.input.rank == 2, weights.hidden.rank == 2, weights.projection?.rank ?? 2 == 2,
      x.shape == [plan.tokens, inputs], weights.input.shape[0] == gates * hidden,
      weights.hidden.shape[0] == gates * hidden, weights.projection.map({ $0.shape[0] == outputs }) ?? true,
      weights.projection == nil || plan.cell == .lstm
    else {
      shapeMismatch("recurrence of \(plan.tokens) rows", x.shape, weights.input.shape, weights.hidden.shape)
    }
    for bias in [weights.inputBias, weights.hiddenBias] {
      if let bias, bias.shape != [gates * hidden] { shapeMismatch("recurrence's bias", bias.shape) }
    }
    if (weights.inputBias == nil) != (weights.hiddenBias == nil) { shapeMismatch("recurrence with one bias of two") }
    let sequences = plan.sequences.count
    if let initialHidden, initialHidden.shape != [sequences, outputs] {
      shapeMismatch("recurrence's initial state", initialHidden.shape, [sequences, outputs])
    }
    if let initialCell, initialCell.shape != [sequences, hidden] || !plan.cell.hasCellState {
      shapeMismatch("recurrence's initial cell", initialCell.shape, [sequences, hidden])
    }
  }
}

/// What a back end makes of a recurrence.
package struct RecurrenceResult: Sendable {
  /// `[tokens, outputs]`; of an LSTM one row of numbers: the outputs, then each sequence's last cell `[sequences, hidden]`.
  package let output: Tensor
  /// What the derivative needs besides, the back end's own affair; empty when it computes everything again.
  package let activations: [Tensor]

  package init(output: Tensor, activations: [Tensor] = []) {
    self.output = output
    self.activations = activations
  }
}
