/// What a device must be able to do.
///
/// Back ends never look at the tape and get operands that fit: recording, derivatives and checks belong to ``Tensor``
/// (of broadcast operands: to `commonShape`, which a back end calls for the result's shape anyhow).
/// The first group, the primitives, is all that a new device needs; float64 must work in all of them. The second
/// group, fusions, has a default in ``Composed``, which is its specification: an override must agree with it within
/// rounding.
package protocol Backend: Sendable {
  // Primitives.
  func fill(_ shape: Shape, _ value: Double, _ dtype: DType) -> Tensor
  /// A row-major copy.
  func copy(_ x: Tensor) -> Tensor
  func cast(_ x: Tensor, to dtype: DType) -> Tensor
  func unary(_ operation: UnaryOperation, _ x: Tensor) -> Tensor
  func binary(_ operation: BinaryOperation, _ x: Tensor, _ y: Tensor) -> Tensor
  func binary(_ operation: BinaryOperation, _ x: Tensor, _ y: Double) -> Tensor
  func binary(_ operation: BinaryOperation, _ x: Double, _ y: Tensor) -> Tensor
  func compare(_ comparison: Comparison, _ x: Tensor, _ y: Tensor) -> Tensor
  func select(_ mask: Tensor, _ x: Tensor, _ y: Tensor) -> Tensor
  /// Over sorted axes, which keep an extent of 1 or disappear: the caller gives the result its shape.
  func reduce(_ reduction: Reduction, _ x: Tensor, axes: [Int]) -> Tensor
  /// Along the last axis, as int64.
  func argmax(_ x: Tensor) -> Tensor
  /// `[…, m, k] · […, k, n]`, same leading axes.
  func matmul(_ x: Tensor, _ y: Tensor) -> Tensor
  func concatenate(_ tensors: [Tensor], axis: Int) -> Tensor
  /// Rows of axis 0: the shape of `ids`, then the other axes of `table`.
  func gather(_ table: Tensor, _ ids: Tensor) -> Tensor
  /// A copy of `table` with `updates` added to the rows `ids` of axis 0, in the order of `ids`.
  func scatterAdd(_ table: Tensor, _ ids: Tensor, _ updates: Tensor) -> Tensor
  /// Adds `updates` to the rows `ids` of axis 0 of `table`, in the order of `ids`.
  func addRows(_ table: inout Tensor, _ ids: Tensor, _ updates: Tensor)
  /// Element `ids[…, i]` of each row along the last axis; all axes but the last are equal.
  func takeAlong(_ x: Tensor, _ ids: Tensor) -> Tensor
  /// Zeros of `shape` with `updates` added at `ids` of each row: the derivative of `takeAlong`.
  func addAlong(_ shape: Shape, _ ids: Tensor, _ updates: Tensor) -> Tensor

  // Fusions, along the last axis.
  func softmax(_ x: Tensor, scale: Double) -> Tensor
  func logSoftmax(_ x: Tensor) -> Tensor
  func layerNorm(_ x: Tensor, _ weight: Tensor?, _ bias: Tensor?, epsilon: Double) -> Tensor
  func rmsNorm(_ x: Tensor, _ weight: Tensor?, epsilon: Double, offset: Double) -> Tensor
  /// x + y and its rmsNorm.
  func addRMSNorm(
    _ x: Tensor, _ y: Tensor, _ weight: Tensor?, epsilon: Double, offset: Double
  ) -> (sum: Tensor, normalized: Tensor)
  /// Zeroes what the mask drops, scales the rest; elements count in row-major order.
  func dropout(_ x: Tensor, _ mask: DropoutMask) -> Tensor
  /// upstream · f′(x) of ReLU, SiLU and GELU.
  func activationGradient(_ operation: UnaryOperation, _ x: Tensor, _ upstream: Tensor) -> Tensor
  func normGradients(_ norm: Norm, _ x: Tensor, _ weight: Tensor?, _ upstream: Tensor) -> NormGradients
  /// x · weightᵀ + bias + residual.
  func linear(_ x: Tensor, _ weight: Tensor, bias: Tensor?, residual: Tensor?) -> Tensor
  func gated(_ activation: UnaryOperation, _ gate: Tensor, _ up: Tensor) -> Tensor
  func rotary(_ x: Tensor, _ cosines: Tensor, _ sines: Tensor, interleaved: Bool) -> Tensor
  /// Attention over whole sequences. `sums` is what its derivative needs, when that is asked for: [heads, rows]; nil
  /// when the derivative of this call is that of the composition. `bias`: whether it is differentiated.
  func attention(_ call: AttentionCall, keepingSums: Bool, bias: Bool) -> (output: Tensor, sums: Tensor?)
  /// The derivatives of `attention` with respect to its inputs; what is not `wanted` may be anything.
  func attentionGradients(
    _ call: AttentionCall, output: Tensor, sums: Tensor, upstream: Tensor, wanted: [Bool]
  ) -> [Tensor]
  /// Sum over the rows that count of −Σ label · log softmax(x).
  func crossEntropySum(_ x: Tensor, _ labels: Tensor.Labels) -> Tensor
  /// The derivative of `crossEntropySum`, times a scalar tensor.
  func crossEntropyGradient(_ x: Tensor, _ labels: Tensor.Labels, scale: Tensor) -> Tensor
  /// One recurrent layer in one direction; operands are not recording.
  func recurrence(
    _ operands: RecurrenceOperands, _ plan: RecurrencePlan, keepsActivations: Bool
  ) -> RecurrenceResult
  /// The derivatives of `recurrence`, one for each of `operands.tensors`; those not wanted may be anything.
  func recurrenceGradients(
    _ operands: RecurrenceOperands, _ plan: RecurrencePlan, _ result: RecurrenceResult, upstream: Tensor,
    wanted: [Bool]
  ) -> [Tensor]
}

extension Backend {
  package func softmax(_ x: Tensor, scale: Double) -> Tensor { Composed.softmax(x, scale: scale) }
  package func logSoftmax(_ x: Tensor) -> Tensor { Composed.logSoftmax(x) }
  package func layerNorm(_ x: Tensor, _ weight: Tensor?, _ bias: Tensor?, epsilon: Double) -> Tensor {
    Composed.layerNorm(x, weight, bias, epsilon: epsilon)
  }
  package func rmsNorm(_ x: Tensor, _ weight: Tensor?, epsilon: Double, offset: Double) -> Tensor {
    Composed.rmsNorm(x, weight, epsilon: epsilon, offset: offset)
  }
  package func addRMSNorm(
    _ x: Tensor, _ y: Tensor, _ weight: Tensor?, epsilon: Double, offset: Double
  ) -> (sum: Tensor, normalized: Tensor) {
    let sum = x + y
    return (sum, Composed.rmsNorm(sum, weight, epsilon: epsilon, offset: offset))
  }
  package func dropout(_ x: Tensor, _ mask: DropoutMask) -> Tensor { Composed.dropout(x, mask) }
  package func addRows(_ table: inout Tensor, _ ids: Tensor, _ updates: Tensor) {
    table = scatterAdd(table, ids, updates)
  }
  package func activationGradient(_ operation: UnaryOperation, _ x: Tensor, _ upstream: Tensor) -> Tensor {
    Composed.activationGradient(operation, x, upstream)
  }
  package func normGradients(_ norm: Norm, _ x: Tensor, _ weight: Tensor?, _ upstream: Tensor) -> NormGradients {
    Composed.normGradients(norm, x, weight, upstream)
  }
  package func linear(_ x: Tensor, _ weight: Tensor, bias: Tensor?, residual: Tensor?) -> Tensor {
    Composed.linear(x, weight, bias: bias, residual: residual)
  }
  package func gated(_ activation: UnaryOperation, _ gate: Tensor, _ up: Tensor) -> Tensor {
    unary(activation, gate) * up
  }
  package func rotary(_ x: Tensor, _ cosines: Tensor, _ sines: Tensor, interleaved: Bool) -> Tensor {
    Composed.rotary(x, cosines, sines, interleaved: interleaved)
  }
  package func attention(_ call: AttentionCall, keepingSums: Bool, bias: Bool) -> (output: Tensor, sums: Tensor?) {
    (Composed.attention(call), nil)
  }
  package func attentionGradients(
    _ call: AttentionCall, output: Tensor, sums: Tensor, upstream: Tensor, wanted: [Bool]
  ) -> [Tensor] {
    let leaves = zip(call.inputs, wanted).map { $1 ? $0.leaf() : $0 }
    return Tensor.gradients(of: Composed.attention(call.with(leaves)), upstream: upstream, with: leaves)
  }
  package func crossEntropySum(_ x: Tensor, _ labels: Tensor.Labels) -> Tensor { Composed.crossEntropySum(x, labels) }
  package func crossEntropyGradient(_ x: Tensor, _ labels: Tensor.Labels, scale: Tensor) -> Tensor {
    Composed.crossEntropyGradient(x, labels, scale: scale)
  }
}

/// The device of this build.
package let backend: any Backend = CPUBackend()
