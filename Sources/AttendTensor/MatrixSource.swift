import CAttend

/// Rows of a weight as a file keeps them, without copying: the bytes stay where `owner` keeps them.
public struct MatrixSource: Sendable {
  public let elementType: ElementType
  public let rows: Int
  public let columns: Int
  package let code: at_source
  package let rowBytes: Int
  package let bytes: Bytes
  /// Row `i` of the matrix is row `order[i]` of the bytes; nil keeps the file's order.
  package let order: [Int]?

  /// Read-only bytes and whatever keeps them alive.
  package struct Bytes: @unchecked Sendable {
    // Sendable: nobody writes to these bytes, and `owner` keeps them mapped for as long as any copy lives.
    package let owner: any AnyObject & Sendable
    package let start: UnsafeRawPointer
    /// Tells the owner that the bytes will not be read again soon, so that mapped pages can be given back.
    package let release: (@Sendable () -> Void)?
  }

  /// Returns nil when the element type is none that kernels read, or `columns` not a whole number of its blocks.
  /// - Parameters:
  ///   - start: `rows` rows end to end, at any address, valid and constant while `owner` lives.
  ///   - order: which of the rows to take, nil for all in order.
  package init?(
    elementType: ElementType, rows: Int, columns: Int, owner: any AnyObject & Sendable,
    start: UnsafeRawPointer,
    order: [Int]? = nil, release: (@Sendable () -> Void)? = nil
  ) {
    guard let code = elementType.source else { return nil }
    let rowBytes = at_source_row_bytes(code, columns)
    guard rowBytes > 0 || columns == 0 else { return nil }
    self.elementType = elementType
    self.code = code
    self.rows = rows
    self.columns = columns
    self.rowBytes = rowBytes
    self.bytes = Bytes(owner: owner, start: start, release: release)
    self.order = order
  }

  private init(_ other: MatrixSource, order: [Int]) {
    elementType = other.elementType
    code = other.code
    rows = order.count
    columns = other.columns
    rowBytes = other.rowBytes
    bytes = other.bytes
    self.order = order
  }

  /// The same bytes with rows picked and reordered; indices count this source's rows.
  public func reordered(_ indices: [Int]) -> MatrixSource {
    MatrixSource(self, order: order.map { old in indices.map { old[$0] } } ?? indices)
  }

  /// Where each row starts.
  package var rowPointers: [UnsafeRawPointer?] {
    (0..<rows).map { bytes.start + (order?[$0] ?? $0) * rowBytes }
  }

  /// The rows as float32, `[rows, columns]`.
  public func expanded() -> Tensor {
    Tensor.uninitialized([rows, columns]) { out in
      let floats = out.assumingMemoryBound(to: Float.self)
      for (row, pointer) in rowPointers.enumerated() {
        at_source_to_f32(code, columns, pointer, floats + row * columns)
      }
    }
  }

  /// A float32 copy with rows and columns exchanged, for weights that a file keeps as `[inputs, outputs]`.
  public func transposed() -> MatrixSource { MatrixSource(expanded().transposed(0, 1)) }

  /// A float32 matrix, `[rows, columns]`.
  public init(_ tensor: Tensor) {
    guard tensor.rank == 2, tensor.dtype == .float32 else {
      shapeMismatch("matrix source", tensor.shape)
    }
    let tensor = tensor.contiguous()
    elementType = .dense(.float32)
    code = AT_SOURCE_F32
    rows = tensor.shape[0]
    columns = tensor.shape[1]
    rowBytes = columns * MemoryLayout<Float>.stride
    // The pointer outlives the closure because `owner` keeps the storage.
    bytes = Bytes(
      owner: tensor.storageOwner, start: tensor.withFloats { UnsafeRawPointer($0) }, release: nil)
    order = nil
  }
}

extension ElementType {
  /// The kernels' name for this encoding of weights, nil when they have none.
  package var source: at_source? {
    switch self {
    case .dense(.float32): AT_SOURCE_F32
    case .dense(.bfloat16): AT_SOURCE_BF16
    case .dense(.float16): AT_SOURCE_F16
    case .dense: nil
    case .blocks(let format): format.source
    }
  }

  /// Whether the format keeps integers with a scale for each block.
  public var isQuantized: Bool {
    if case .blocks = self { true } else { false }
  }

  /// How weights of this type in rows of `columns` are kept at a precision.
  package func form(_ precision: Precision, columns: Int) -> at_form {
    switch (precision, self) {
    case (.exact, _): AT_FORM_F32
    case (.int8, .dense) where columns % at_source_block(AT_SOURCE_Q8_0) == 0: AT_FORM_Q8_0
    case (_, .dense): AT_FORM_BF16
    case (_, .blocks(let format)): format.form
    }
  }
}
