extension Composed {
  /// A recurrence from primitives, step by step: the specification, and what float64 runs through. The result is
  /// that of ``RecurrenceResult/output``.
  package static func recurrence(_ operands: RecurrenceOperands, _ plan: RecurrencePlan) -> Tensor {
    let weights = operands.weights
    let (hidden, outputs, dtype) = (operands.hidden, operands.outputs, operands.x.dtype)
    var projected = operands.x.matmul(weights.input.transposed(0, 1))
    if let bias = weights.inputBias { projected = projected + bias }
    let rows = plan.rowsByStep
    let byStep = projected.gather(rows: Tensor(rows))

    let count = plan.sequences.count
    let order = Tensor(plan.order.map(Int32.init))
    var state = operands.initialHidden?.gather(rows: order) ?? .zeros([count, outputs], dtype)
    var cells = operands.initialCell?.gather(rows: order) ?? .zeros([count, hidden], dtype)
    var steps: [Tensor] = []
    var finished: [Tensor] = []
    var start = 0
    for active in plan.activeCounts {
      if active < cells.shape[0] {
        finished.append(cells.sliced(axis: 0, active..<cells.shape[0]))
        cells = cells.sliced(axis: 0, 0..<active)
        state = state.sliced(axis: 0, 0..<active)
      }
      let input = byStep.sliced(axis: 0, start..<start + active)
      (state, cells) = step(plan.cell, weights, input: input, state: state, cells: cells)
      steps.append(state)
      start += active
    }
    finished.append(cells)

    var places = [Int32](repeating: 0, count: rows.count)
    for (place, row) in rows.enumerated() { places[Int(row)] = Int32(place) }
    let output =
      steps.isEmpty
      ? .zeros([0, outputs], dtype) : Tensor.concatenated(steps, axis: 0).gather(rows: Tensor(places))
    guard plan.cell.hasCellState else { return output }
    let inverse = Tensor(plan.order.indices.sorted { plan.order[$0] < plan.order[$1] }.map(Int32.init))
    let last = Tensor.concatenated(finished.reversed(), axis: 0).gather(rows: inverse)
    return .concatenated([output.flattened(), last.flattened()], axis: 0)
  }

  /// One step of the active sequences. `input` is W_input·x + b_input, `[active, gates · hidden]`.
  private static func step(
    _ cell: RecurrentCell, _ weights: RecurrentWeights, input: Tensor, state: Tensor, cells: Tensor
  ) -> (state: Tensor, cells: Tensor) {
    func recurrent(_ state: Tensor, _ gates: Range<Int>) -> Tensor {
      let rows = gates.lowerBound * cells.shape[1]..<gates.upperBound * cells.shape[1]
      let product = state.matmul(weights.hidden.sliced(axis: 0, rows).transposed(0, 1))
      return weights.hiddenBias.map { product + $0.sliced(axis: 0, rows) } ?? product
    }
    func gates(_ x: Tensor) -> [Tensor] {
      x.split(Array(repeating: cells.shape[1], count: x.shape[1] / cells.shape[1]), axis: 1)
    }
    switch cell {
    case .tanh: return ((input + recurrent(state, 0..<1)).tanh(), cells)
    case .relu: return ((input + recurrent(state, 0..<1)).relu(), cells)
    case .lstm:
      let sums = gates(input + recurrent(state, 0..<4))
      let cells = sums[1].sigmoid() * cells + sums[0].sigmoid() * sums[2].tanh()
      let output = sums[3].sigmoid() * cells.tanh()
      return (weights.projection.map { output.matmul($0.transposed(0, 1)) } ?? output, cells)
    case .gru(let reset):
      let inputs = gates(input)
      let early = gates(recurrent(state, 0..<2))
      let r = (inputs[0] + early[0]).sigmoid()
      let z = (inputs[1] + early[1]).sigmoid()
      let late = reset == .afterProduct ? r * recurrent(state, 2..<3) : recurrent(r * state, 2..<3)
      let candidate = (inputs[2] + late).tanh()
      return ((1 - z) * candidate + z * state, cells)
    }
  }
}

extension Backend {
  package func recurrence(
    _ operands: RecurrenceOperands, _ plan: RecurrencePlan, keepsActivations: Bool
  ) -> RecurrenceResult {
    RecurrenceResult(output: Composed.recurrence(operands, plan))
  }

  package func recurrenceGradients(
    _ operands: RecurrenceOperands, _ plan: RecurrencePlan, _ result: RecurrenceResult, upstream: Tensor,
    wanted: [Bool]
  ) -> [Tensor] {
    recomputedGradients(operands, plan, upstream: upstream, wanted: wanted)
  }

  /// The derivatives of the specification, which is computed again.
  func recomputedGradients(
    _ operands: RecurrenceOperands, _ plan: RecurrencePlan, upstream: Tensor, wanted: [Bool]
  ) -> [Tensor] {
    let leaves = zip(operands.tensors, wanted).map { $1 ? $0.leaf() : $0 }
    return Tensor.gradients(
      of: Composed.recurrence(operands.replacing(leaves), plan), upstream: upstream, with: leaves)
  }
}
