import AttendBase
import AttendTensor

/// A safetensors file: a JSON directory of at most 100 MB followed by the tensors' bytes.
///
/// Reads what the reference implementation reads and refuses what it refuses: the tensors must cover the bytes after
/// the header exactly, without holes, overlaps or a remainder.
///
/// Format: https://huggingface.co/docs/safetensors
public struct SafetensorsFile: Sendable {
  /// The header's `__metadata__`, sorted by key; empty when there is none.
  public let metadata: [(key: String, value: String)]
  /// The tensors in the order of their bytes.
  public let tensors: TensorDirectory

  /// The reference's limit on the header.
  static let maximumHeaderBytes = 100_000_000

  /// Maps a file and reads its header.
  ///
  /// - Throws: `damagedFile` with the offset and the reason; `unsupported` for an element type that is not in the
  ///   format's list; `notFound`, `system`.
  public init(path: String) throws(AttendError) {
    try self.init(MappedFile(path: path))
  }

  /// Reads the header of a mapped file.
  ///
  /// - Throws: as ``init(path:)``.
  public init(_ file: MappedFile) throws(AttendError) {
    var reader = ByteReader(file.bytes, file: file.path)
    let declared = try reader.read(UInt64.self, "the header's length")
    guard declared <= UInt64(SafetensorsFile.maximumHeaderBytes) else {
      throw AttendError(
        .damagedFile, "\(file.path): a header of \(declared) bytes is beyond the format's limit of 100 MB, at byte 0",
        hint: "is this a safetensors file?")
    }
    let text = try reader.readBytes(Int(declared), "the header")
    guard text.first == UInt8(ascii: "{") else {
      throw reader.damage("the header does not start with \"{\"; is this a safetensors file?", at: 8)
    }
    let json = try JSON(parsing: text, source: "\(file.path) (header)", maximumDepth: 8)
    guard let members = json.objectValue else { throw reader.damage("the header is not an object", at: 8) }
    let header = SafetensorsHeader(file: file, dataStart: reader.position)
    metadata = try header.metadata(members)
    tensors = try TensorDirectory(header.entries(members))
  }
}

/// Checks a parsed header against the file.
private struct SafetensorsHeader {
  let file: MappedFile
  /// Where the bytes after the header start.
  let dataStart: Int

  private static let metadataKey = "__metadata__"
  /// Far above any model's; keeps hostile shapes small.
  private static let maximumRank = 64

  func metadata(_ members: JSON.Object) throws(AttendError) -> [(key: String, value: String)] {
    guard let value = members[SafetensorsHeader.metadataKey], !value.isNull else { return [] }
    guard let pairs = value.objectValue else {
      throw damage("\(SafetensorsHeader.metadataKey) is \(value.kind), not an object")
    }
    var metadata: [(key: String, value: String)] = []
    metadata.reserveCapacity(pairs.count)
    for (key, value) in pairs {
      guard let text = value.stringValue else {
        throw damage("\(SafetensorsHeader.metadataKey) has \(value.kind) under \(quoted(key)), not a string")
      }
      metadata.append((key, text))
    }
    return metadata.sorted { $0.key < $1.key }
  }

  func entries(_ members: JSON.Object) throws(AttendError) -> [TensorDirectory.Entry] {
    var entries: [TensorDirectory.Entry] = []
    entries.reserveCapacity(members.count)
    for (name, value) in members where name != SafetensorsHeader.metadataKey {
      entries.append(try entry(name, value))
    }
    entries.sort {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound) < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
    }
    var end = dataStart
    for entry in entries {
      guard entry.byteRange.lowerBound == end else {
        let what = entry.byteRange.lowerBound < end ? "overlaps the one before it" : "leaves a gap before it"
        throw damage("the tensor \(quoted(entry.name)) \(what), at byte \(entry.byteRange.lowerBound)")
      }
      end = entry.byteRange.upperBound
    }
    guard end == file.count else {
      throw damage("\(file.count - end) bytes belong to no tensor, at byte \(end)")
    }
    return entries
  }

  private func entry(_ name: String, _ value: JSON) throws(AttendError) -> TensorDirectory.Entry {
    guard value.objectValue != nil else { throw damage("the tensor \(quoted(name)) is \(value.kind), not an object") }
    guard let typeName = value["dtype"]?.stringValue else { throw damage("the tensor \(quoted(name)) has no dtype") }
    guard let type = SafetensorsType(named: typeName) else {
      throw AttendError(
        .unsupported, "\(file.path): the tensor \(quoted(name)) has the unknown dtype \(quoted(typeName))",
        hint: "save it as F32, F16 or BF16")
    }
    guard let lengths = value["shape"]?.arrayValue else { throw damage("the tensor \(quoted(name)) has no shape") }
    guard lengths.count <= SafetensorsHeader.maximumRank else {
      throw damage("the tensor \(quoted(name)) has \(lengths.count) dimensions")
    }
    var shape: [Int] = []
    shape.reserveCapacity(lengths.count)
    for length in lengths {
      guard case .integer(let length) = length, let length = Int(exactly: length), length >= 0 else {
        throw damage("the tensor \(quoted(name)) has a dimension that is not a whole number from 0 to 2⁶³ − 1")
      }
      shape.append(length)
    }
    let range = try byteRange(name, value)
    guard let size = byteCount(of: shape, elementsPerBlock: 1, bitsPerBlock: type.bits), size == range.count else {
      throw damage("the tensor \(quoted(name)) of \(typeName) \(shape) does not fit its \(range.count) bytes")
    }
    return TensorDirectory.Entry(
      name: name, typeName: typeName, elementType: type.elementType, shape: shape, file: file, byteRange: range)
  }

  private func byteRange(_ name: String, _ value: JSON) throws(AttendError) -> Range<Int> {
    guard let offsets = value["data_offsets"]?.arrayValue, offsets.count == 2,
      case .integer(let first) = offsets[0], case .integer(let last) = offsets[1]
    else { throw damage("the tensor \(quoted(name)) has no data_offsets of two whole numbers") }
    // Compared before anything is added, so that nothing can overflow.
    guard first >= 0, last >= first, last <= Int64(file.count - dataStart) else {
      throw damage(
        "the tensor \(quoted(name)) claims the bytes \(first) to \(last) of \(file.count - dataStart) after the header")
    }
    return dataStart + Int(first)..<dataStart + Int(last)
  }

  private func damage(_ reason: String) -> AttendError {
    AttendError(
      .damagedFile, "\(file.path): \(reason)", hint: "the file is damaged or incomplete: fetch it again")
  }
}
