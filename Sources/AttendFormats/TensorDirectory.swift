import AttendBase
import AttendTensor

/// The tensors of a checkpoint by name: what there is, without reading any of it.
///
/// Names and order are the file's own; a sharded checkpoint's shards follow one another.
public struct TensorDirectory: Sendable {
  /// One tensor's line in the directory. Its type may be one that this version cannot read.
  public struct Entry: Sendable {
    public let name: String
    /// The type as the file's format calls it: `BF16`, `Q4_K`.
    public let typeName: String
    /// Nil when this version cannot read the type.
    public let elementType: ElementType?
    /// Lengths of the axes, outermost first.
    public let shape: [Int]
    public let file: MappedFile
    /// Where in the file the bytes are.
    public let byteRange: Range<Int>
  }

  public private(set) var entries: [Entry] = []
  private var positions: [String: Int] = [:]

  init() {}

  /// Lists entries in order.
  ///
  /// - Throws: `damagedFile` when two have the same name.
  init(_ entries: [Entry]) throws(AttendError) {
    self.entries = entries
    positions.reserveCapacity(entries.count)
    for (position, entry) in entries.enumerated() {
      guard positions.updateValue(position, forKey: entry.name) == nil else {
        throw AttendError(
          .damagedFile,
          "\(entry.file.path): the tensor \(quoted(entry.name)) occurs twice, at byte \(entry.byteRange.lowerBound)",
          hint: "the file is damaged: fetch it again")
      }
    }
  }

  public var names: some RandomAccessCollection<String> { entries.lazy.map(\.name) }

  public var count: Int { entries.count }

  public func contains(_ name: String) -> Bool { positions[name] != nil }

  /// A tensor's line in the directory, or nil when there is none of this name.
  public func entry(_ name: String) -> Entry? { positions[name].map { entries[$0] } }

  /// A view of the tensor, or nil when there is none of this name.
  ///
  /// - Throws: `unsupported` when the tensor's type is one that this version cannot read.
  public subscript(name: String) -> TensorView? {
    get throws(AttendError) {
      guard let entry = entry(name) else { return nil }
      return try entry.view()
    }
  }

  /// A view of the tensor.
  ///
  /// - Throws: `parameterMismatch` when there is none of this name, `unsupported` when its type is one that this
  ///   version cannot read.
  public func tensor(_ name: String) throws(AttendError) -> TensorView {
    guard let view = try self[name] else {
      let file = entries.first.map { $0.file.path + ": " } ?? ""
      throw AttendError(
        .parameterMismatch, "\(file)there is no tensor named \(quoted(name))",
        hint: "`attend show` lists the tensors of a file")
    }
    return view
  }
}

extension TensorDirectory.Entry {
  /// A view of the tensor.
  ///
  /// - Throws: `unsupported` when this version cannot read its type.
  public func view() throws(AttendError) -> TensorView {
    guard let elementType else {
      throw AttendError(
        .unsupported, "\(file.path): the tensor \(quoted(name)) has the type \(typeName), which is not supported yet",
        hint: "use a version of this model in another format, such as BF16, F16, Q8_0 or Q4_0")
    }
    return TensorView(name: name, elementType: elementType, shape: shape, file: file, byteRange: byteRange)
  }
}
