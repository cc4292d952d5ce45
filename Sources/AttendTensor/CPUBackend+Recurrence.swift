import CAttend

// Whole recurrences in float32 through the fused kernels. The other dtypes, projections and a GRU that resets before its
// product take the composition.

extension RecurrentCell {
  fileprivate var kernel: at_cell? {
    switch self {
    case .tanh: AT_CELL_TANH
    case .relu: AT_CELL_RELU
    case .lstm: AT_CELL_LSTM
    case .gru(.afterProduct): AT_CELL_GRU
    case .gru(.beforeProduct): nil
    }
  }
}

extension CPUBackend {
  func recurrence(
    _ operands: RecurrenceOperands, _ plan: RecurrencePlan, keepsActivations: Bool
  ) -> RecurrenceResult {
    guard let cell = kernel(operands, plan) else {
      return RecurrenceResult(output: Composed.recurrence(operands, plan))
    }
    let packed = operands.weights.packed
    var weights = packed.weights(of: operands.weights, cell: cell, kernels: kernels, forBackward: false)
    defer { withExtendedLifetime(packed) {} }
    let (tokens, count, hidden) = (plan.tokens, plan.sequences.count, operands.hidden)
    let gates = Tensor(uninitialized: [tokens, plan.cell.gates * weights.padded], .float32)
    let keeps = cell == AT_CELL_LSTM || cell == AT_CELL_GRU
    let kept = Tensor(uninitialized: [keeps ? tokens : 0, weights.padded], .float32)
    let isLSTM = plan.cell.hasCellState
    let output = Tensor(uninitialized: isLSTM ? [(tokens + count) * hidden] : [tokens, hidden], .float32)
    withCall(operands, plan, &weights, output: output, gates: gates, kept: keeps ? kept : nil, isBackward: false) {
      at_recurrent_forward(&$0)
    }
    return RecurrenceResult(output: output, activations: keepsActivations ? [gates, kept] : [])
  }

  func recurrenceGradients(
    _ operands: RecurrenceOperands, _ plan: RecurrencePlan, _ result: RecurrenceResult, upstream: Tensor,
    wanted: [Bool]
  ) -> [Tensor] {
    guard let cell = kernel(operands, plan), result.activations.count == 2 else {
      return recomputedGradients(operands, plan, upstream: upstream, wanted: wanted)
    }
    let packed = operands.weights.packed
    var weights = packed.weights(of: operands.weights, cell: cell, kernels: kernels, forBackward: true)
    defer { withExtendedLifetime(packed) {} }
    // An operand that nobody asks about has no gradient and no memory for one.
    let gradients = zip(operands.tensors, wanted).map { operand, isWanted in
      Tensor(uninitialized: isWanted ? operand.shape : [0], .float32)
    }
    let places = operands.places
    func pointer(_ operand: Int) -> UnsafeMutablePointer<Float>? {
      places[operand].flatMap { wanted[$0] ? gradients[$0].pointer(Float.self) : nil }
    }
    let upstream = upstream.isContiguous ? upstream : copy(upstream)
    defer { withExtendedLifetime(upstream) {} }
    let start = UnsafePointer(upstream.pointer(Float.self))
    let kept = result.activations[1]
    var call = at_recurrence_gradients(
      out: start, last_cells: plan.cell.hasCellState ? start + plan.tokens * operands.hidden : nil, x: pointer(0),
      input: pointer(1), state: pointer(2), input_bias: pointer(3), state_bias: pointer(4), initial: pointer(6),
      initial_cells: pointer(7))
    withCall(
      operands, plan, &weights, output: result.output, gates: result.activations[0],
      kept: kept.shape[0] > 0 ? kept : nil, isBackward: true
    ) {
      at_recurrent_backward(&$0, &call)
    }
    return gradients
  }

  /// The kernels' cell when they can do this recurrence.
  private func kernel(_ operands: RecurrenceOperands, _ plan: RecurrencePlan) -> at_cell? {
    guard operands.weights.projection == nil, operands.hidden > 0,
      operands.tensors.allSatisfy({ $0.dtype == .float32 })
    else { return nil }
    return plan.cell.kernel
  }

  private func withCall(
    _ operands: RecurrenceOperands, _ plan: RecurrencePlan, _ weights: inout at_recurrent_weights, output: Tensor,
    gates: Tensor, kept: Tensor?, isBackward: Bool, _ body: (inout at_recurrence) -> Void
  ) {
    let sequences = plan.order.map { plan.sequences[$0] }
    let work = Tensor(
      uninitialized: [at_recurrent_work(&weights, plan.tokens, sequences.count, isBackward)], .float32)
    defer { withExtendedLifetime((output, gates, kept, work)) {} }
    operands.x.withFloats { x in
      withOptionalFloats(operands.initialHidden) { initial in
        withOptionalFloats(operands.initialCell) { initialCells in
          withUnsafePointer(to: &weights) { weights in
            // Three arrays in one: first rows, lengths, numbers of the sequences. Never empty, so that it has an address.
            let layout = sequences.map(\.lowerBound) + sequences.map(\.count) + plan.order + [0]
            layout.withUnsafeBufferPointer { layout in
              guard let start = layout.baseAddress else { return }
              let out = output.pointer(Float.self)
              var call = at_recurrence(
                weights: weights, tokens: plan.tokens, count: sequences.count, begins: start,
                lengths: start + sequences.count, slots: start + 2 * sequences.count, reversed: plan.isReversed,
                x: x, initial: initial, initial_cells: initialCells, out: out,
                last_cells: plan.cell.hasCellState ? out + plan.tokens * operands.hidden : nil,
                gates: gates.pointer(Float.self), kept: kept?.pointer(Float.self), work: work.pointer(Float.self))
              body(&call)
            }
          }
        }
      }
    }
  }
}
