import AttendTensor

/// One parameter as a checkpoint keeps it.
public struct StoredWeight: Sendable {
  /// The shape under its Hugging Face name.
  public let shape: [Int]
  /// Its rows: all but the last dimension of the stored layout, flattened.
  public let source: MatrixSource
  /// The file keeps a two-dimensional weight with its dimensions exchanged with respect to `shape`.
  public let isTransposed: Bool

  public init(shape: [Int], source: MatrixSource, isTransposed: Bool = false) {
    self.shape = shape
    self.source = source
    self.isTransposed = isTransposed
  }

  /// The weight as float32 under its shape.
  var tensor: Tensor {
    (isTransposed ? source.expanded().transposed(0, 1) : source.expanded()).reshaped(Shape(shape))
  }
}

/// Where a scope finds stored parameters, by their Hugging Face names.
public protocol WeightSource: Sendable {
  /// The names of all parameters that the checkpoint holds.
  var names: [String] { get }
  /// Where the weights come from, for error messages: a file or a folder.
  var origin: String { get }
  /// nil when there is no such parameter.
  /// - Throws: `unsupported` for an encoding that this version does not read, `damaged-file`.
  func weight(_ name: String) throws -> StoredWeight?
}
