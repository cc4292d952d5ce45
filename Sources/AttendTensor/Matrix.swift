import CAttend

/// What a `Linear` or an `Embedding` holds: a matrix `[outputs, inputs]` that multiplies, gathers rows and unpacks.
///
/// It is a dense tensor while training, and packed for this machine's kernels (quantized or not) once loaded from a
/// checkpoint. It has no strides and no views; that is what `Tensor` is for.
public struct Matrix: Sendable {
  private indirect enum Storage: Sendable {
    /// Gradients flow into it; the precision is that of products.
    case dense(Tensor, Precision)
    case packed(PackedMatrix)
    /// Matrices of different encodings, their outputs one after the other.
    case stacked([Matrix])
    /// A gate and an up matrix of equal shape: the product is activation(gate) · up.
    case gated(gate: Matrix, up: Matrix)
    /// A matrix and low-rank additions to parts of it.
    case lowRank(base: Matrix, parts: [LowRankPart])
  }

  private let storage: Storage
  /// Width of a product: rows of the matrix (of a gated pair: rows of one half).
  public let outputs: Int
  /// Width of what it is multiplied with: columns.
  public let inputs: Int

  private init(_ storage: Storage, outputs: Int, inputs: Int) {
    self.storage = storage
    self.outputs = outputs
    self.inputs = inputs
  }

  /// A dense matrix, `[outputs, inputs]`; gradients flow into it.
  /// - Parameter precision: `.fast` multiplies in bfloat16 with float32 sums.
  public init(_ dense: Tensor, precision: Precision = .exact) {
    guard dense.rank == 2 else { shapeMismatch("matrix", dense.shape) }
    self.init(.dense(dense, precision), outputs: dense.shape[0], inputs: dense.shape[1])
  }

  /// Packs stored rows, the sources' outputs one after the other.
  /// - Parameter name: what a profile calls the matrix.
  /// - Throws: `limit-exceeded` when there is no memory for it.
  public init(packing sources: [MatrixSource], precision: Precision, name: String = "") throws {
    guard let first = sources.first else { shapeMismatch("matrix without sources") }
    let outputs = sources.reduce(0) { $0 + $1.rows }
    if sources.allSatisfy({ $0.elementType == first.elementType }) {
      let packed = try PackedMatrix(sources, precision: precision, name: name)
      self.init(.packed(packed), outputs: outputs, inputs: first.columns)
    } else {
      let parts = try sources.map { try Matrix(packing: [$0], precision: precision, name: name) }
      self.init(.stacked(parts), outputs: outputs, inputs: first.columns)
    }
  }

  /// Packs a gate and an up matrix so that one product gives activation(gate) · up.
  /// - Parameter name: what a profile calls the matrix.
  /// - Throws: `limit-exceeded` when there is no memory for it.
  public init(packingGate gate: MatrixSource, up: MatrixSource, precision: Precision, name: String = "") throws {
    if gate.elementType == up.elementType {
      let packed = try PackedMatrix([gate, up], precision: precision, isGated: true, name: name)
      self.init(.packed(packed), outputs: gate.rows, inputs: gate.columns)
    } else {
      self.init(
        gate: try Matrix(packing: [gate], precision: precision, name: name),
        up: try Matrix(packing: [up], precision: precision, name: name))
    }
  }

  /// Matrices whose outputs lie one after the other.
  public init(stacking parts: [Matrix]) {
    guard let first = parts.first else { shapeMismatch("matrix without parts") }
    self.init(.stacked(parts), outputs: parts.reduce(0) { $0 + $1.outputs }, inputs: first.inputs)
  }

  public init(gate: Matrix, up: Matrix) {
    self.init(.gated(gate: gate, up: up), outputs: gate.outputs, inputs: gate.inputs)
  }

  /// `base` plus a product of two thin matrices for each part of its outputs. Hu et al. 2022, arXiv:2106.09685.
  package init(base: Matrix, adding parts: [LowRankPart]) {
    let outputs = parts.reduce(0) { $0 + $1.outputs }
    guard outputs == base.outputs, !base.isGated else { shapeMismatch("low-rank matrix", [base.outputs], [outputs]) }
    self.init(.lowRank(base: base, parts: parts), outputs: outputs, inputs: base.inputs)
  }

  /// Bytes that the packed form takes (0 for dense tensors, which others may share).
  public var packedByteCount: Int {
    switch storage {
    case .dense: 0
    case .packed(let packed): packed.byteCount
    case .stacked(let parts): parts.reduce(0) { $0 + $1.packedByteCount }
    case .gated(let gate, let up): gate.packedByteCount + up.packedByteCount
    case .lowRank(let base, _): base.packedByteCount
    }
  }

  /// activation(x · Wᵀ + bias) + residual, all but the product optional; a gated pair gives activation(gate) · up instead.
  /// - Parameters:
  ///   - x: `[..., inputs]`, float32.
  ///   - bias: `[outputs]`; of a gated pair `[2 · outputs]`, the gate's first.
  ///   - residual: `[..., outputs]`.
  /// - Returns: `[..., outputs]`.
  public func multiply(
    _ x: Tensor, bias: Tensor? = nil, activation: Activation? = nil, residual: Tensor? = nil,
    phase: Phase = .prompt
  ) -> Tensor {
    if case .packed(let packed) = storage,
      !(x.isRecording || bias?.isRecording == true || residual?.isRecording == true)
    {
      return packed.multiply(
        x, bias: bias, activation: activation, residual: residual, phase: phase)
    }
    if let (weight, precision) = dense, x.shape.last == inputs {
      let rows = x.shape.dropLast().reduce(1, *)
      let shape = Shape(Array(x.shape.dropLast()) + [outputs])
      let flatResidual = activation == nil ? residual?.reshaped([rows, outputs]) : nil
      let product = x.reshaped([rows, inputs])
        .linear(weight, bias: bias, residual: flatResidual, precision: precision)
      let result = activation.map { $0(product) } ?? product
      let whole = result.reshaped(shape)
      if activation != nil, let residual { return whole + residual }
      return whole
    }
    var result =
      isGated
      ? gatedProduct(x, bias: bias, activation: activation, phase: phase) : product(x, phase: phase)
    if !isGated {
      if let bias { result = result + bias }
      if let activation { result = activation(result) }
    }
    if let residual { result = result + residual }
    return result
  }

  /// One tensor that holds the whole matrix, when its parts are tensors: one product is cheaper than several.
  private var dense: (weight: Tensor, precision: Precision)? {
    switch storage {
    case .dense(let weight, let precision): return (weight, precision)
    case .stacked(let parts):
      let tensors = parts.compactMap(\.dense)
      guard let precision = tensors.first?.precision, tensors.count == parts.count,
        tensors.allSatisfy({ $0.precision == precision })
      else { return nil }
      return (Tensor.concatenated(tensors.map(\.weight), axis: 0), precision)
    case .packed, .gated, .lowRank: return nil
    }
  }

  private var isGated: Bool {
    switch storage {
    case .gated: true
    case .packed(let packed): packed.isGated
    case .dense, .stacked, .lowRank: false
    }
  }

  private func product(_ x: Tensor, phase: Phase) -> Tensor {
    switch storage {
    case .stacked(let parts):
      Tensor.concatenated(parts.map { $0.multiply(x, phase: phase) }, axis: x.rank - 1)
    case .dense(let weight, let precision):
      x.matmul(weight.transposed(0, 1), precision: precision)
    case .lowRank(let base, let parts):
      base.multiply(x, phase: phase) + Tensor.concatenated(parts.map { $0.product(x) }, axis: x.rank - 1)
    case .packed, .gated:
      // A packed matrix comes here for gradients alone: the frozen weight is unpacked, the product recorded like any other.
      x.matmul(unpacked().transposed(0, 1))
    }
  }

  private func gatedProduct(_ x: Tensor, bias: Tensor?, activation: Activation?, phase: Phase)
    -> Tensor
  {
    let halves: (gate: Matrix, up: Matrix)
    if case .gated(let gate, let up) = storage {
      halves = (gate, up)
    } else {
      let weight = unpacked()
      halves = (
        Matrix(weight.sliced(axis: 0, 0..<outputs)),
        Matrix(weight.sliced(axis: 0, outputs..<2 * outputs))
      )
    }
    let gate = halves.gate.multiply(
      x, bias: bias?.sliced(axis: 0, 0..<outputs), activation: activation, phase: phase)
    return gate
      * halves.up.multiply(x, bias: bias?.sliced(axis: 0, outputs..<2 * outputs), phase: phase)
  }

  /// Rows of the matrix by index, as an embedding looks them up.
  /// - Parameter indices: `[count]`, int32, each in `0..<outputs` (the boundary checks outside data).
  /// - Returns: `[count, inputs]`, float32.
  public func rows(_ indices: Tensor) -> Tensor {
    switch storage {
    case .dense(let weight, _): weight.gather(rows: indices)
    case .packed(let packed): packed.rows(indices.scalars(Int32.self).map(Int.init))
    case .lowRank(let base, let parts) where parts.count == 1: base.rows(indices) + parts[0].rows(indices)
    case .stacked, .gated, .lowRank: unpacked().gather(rows: indices)
    }
  }

  /// The whole matrix as float32, `[outputs, inputs]`; a gated pair gives the gate rows, then the up rows.
  public func unpacked() -> Tensor {
    switch storage {
    case .dense(let weight, _): return weight
    case .packed(let packed): return packed.rows(Array(0..<(packed.isGated ? 2 : 1) * outputs))
    case .stacked(let parts): return Tensor.concatenated(parts.map { $0.unpacked() }, axis: 0)
    case .gated(let gate, let up): return Tensor.concatenated([gate.unpacked(), up.unpacked()], axis: 0)
    case .lowRank(let base, let parts):
      let whole = base.unpacked()
      return whole + Tensor.concatenated(parts.map { $0.unpacked(inputs: inputs, whole.dtype) }, axis: 0)
    }
  }
}
