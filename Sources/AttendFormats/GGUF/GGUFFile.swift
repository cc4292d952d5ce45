import AttendBase
import AttendTensor

/// A GGUF file, version 2 or 3, little endian: metadata, a directory of tensors, and their bytes.
///
/// The directory is read for every tensor type that ggml has; asking for a tensor of a type that this version cannot
/// read is an error that names the type.
///
/// Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
public struct GGUFFile: Sendable {
  public let version: Int
  public let metadata: GGUFMetadata
  /// The tensors in the file's order. Shapes are row-major: GGUF's own order turned round.
  public let tensors: TensorDirectory

  /// ggml has tensors of four axes; a few more do no harm.
  private static let maximumRank: UInt32 = 8

  /// Maps a file and reads all but the tensors' bytes.
  ///
  /// - Throws: `damagedFile` with the offset and the reason; `unsupported` for other versions, big-endian files and
  ///   unknown tensor types; `limitExceeded` for absurd nesting; `notFound`, `system`.
  public init(path: String) throws(AttendError) {
    try self.init(MappedFile(path: path))
  }

  /// Reads all but the tensors' bytes of a mapped file.
  ///
  /// - Throws: as ``init(path:)``.
  public init(_ file: MappedFile) throws(AttendError) {
    var reader = ByteReader(file.bytes, file: file.path)
    version = try GGUFFile.readVersion(&reader)
    // A tensor's line takes 24 bytes at least, a pair 13.
    let tensorCount = try reader.readCount(minimumBytes: 24, "the number of tensors")
    let pairCount = try reader.readCount(minimumBytes: 13, "the number of metadata pairs")
    var pairs = GGUFMetadataReader(reader)
    metadata = try pairs.metadata(count: pairCount)

    var lines: [Line] = []
    lines.reserveCapacity(tensorCount)
    for _ in 0..<tensorCount { lines.append(try Line(&pairs)) }
    let alignment = try GGUFFile.alignment(metadata, file)
    let end = pairs.reader.position
    let dataStart = end + (alignment - end % alignment) % alignment
    var entries: [TensorDirectory.Entry] = []
    entries.reserveCapacity(tensorCount)
    for line in lines { entries.append(try line.entry(file, dataStart: dataStart, alignment: alignment)) }
    try GGUFFile.checkDisjoint(entries)
    tensors = try TensorDirectory(entries)
  }

  private static func readVersion(_ reader: inout ByteReader) throws(AttendError) -> Int {
    let magic = try reader.readBytes(4, "the magic number")
    guard magic.elementsEqual("GGUF".utf8) else {
      if magic.elementsEqual("lmgg".utf8) || magic.elementsEqual("tjgg".utf8) || magic.elementsEqual("fmgg".utf8) {
        throw AttendError(
          .unsupported, "\(reader.file) is a GGML file from before GGUF", hint: "look for the model as GGUF")
      }
      throw reader.damage("does not start with \"GGUF\"; is this a GGUF file?", at: 0)
    }
    let version = try reader.read(UInt32.self, "the version")
    switch version {
    case 2, 3: return Int(version)
    case 1:
      throw AttendError(
        .unsupported, "\(reader.file) is of GGUF version 1", hint: "look for a newer conversion of the model")
    case _ where version != 0 && version & 0xFFFF == 0:
      throw AttendError(
        .unsupported, "\(reader.file) is a big-endian GGUF file", hint: "look for the little-endian one")
    default:
      throw AttendError(
        .unsupported, "\(reader.file) is of GGUF version \(version); this reads 2 and 3",
        hint: "a newer release may read it")
    }
  }

  private static func alignment(_ metadata: GGUFMetadata, _ file: MappedFile) throws(AttendError) -> Int {
    guard let value = metadata["general.alignment"] else { return 32 }
    guard case .uint32(let alignment) = value, alignment.nonzeroBitCount == 1 else {
      throw AttendError(
        .damagedFile, "\(file.path): general.alignment is not a power of two of type uint32",
        hint: "the file is damaged: fetch it again")
    }
    return Int(alignment)
  }

  private static func checkDisjoint(_ entries: [TensorDirectory.Entry]) throws(AttendError) {
    let ordered = entries.filter { !$0.byteRange.isEmpty }
      .sorted { $0.byteRange.lowerBound < $1.byteRange.lowerBound }
    for (first, second) in zip(ordered, ordered.dropFirst())
    where first.byteRange.upperBound > second.byteRange.lowerBound {
      throw AttendError(
        .damagedFile,
        "\(first.file.path): the tensors \(quoted(first.name)) and \(quoted(second.name)) overlap, "
          + "at byte \(second.byteRange.lowerBound)",
        hint: "the file is damaged: fetch it again")
    }
  }

  /// One tensor's line in the directory.
  private struct Line {
    let name: String
    let shape: [Int]
    let type: GGMLType
    /// From the start of the data.
    let offset: UInt64
    /// Where the line starts, for messages.
    let position: Int

    init(_ pairs: inout GGUFMetadataReader) throws(AttendError) {
      position = pairs.reader.position
      name = try pairs.name("a tensor's name")
      let rank = try pairs.reader.read(UInt32.self, "the rank of \(quoted(name))")
      guard rank <= GGUFFile.maximumRank else {
        throw pairs.reader.damage("the tensor \(quoted(name)) has \(rank) dimensions", at: position)
      }
      var shape: [Int] = []
      for _ in 0..<rank {
        let length = try pairs.reader.read(UInt64.self, "the shape of \(quoted(name))")
        guard let length = Int(exactly: length) else {
          throw pairs.reader.damage("the tensor \(quoted(name)) has a dimension of \(length)", at: position)
        }
        shape.append(length)
      }
      self.shape = shape.reversed()
      let number = try pairs.reader.read(UInt32.self, "the type of \(quoted(name))")
      guard let type = GGMLType(number: number) else {
        throw AttendError(
          .unsupported,
          "\(pairs.reader.file): the tensor \(quoted(name)) has the unknown type \(number), at byte \(position)",
          hint: "a newer release may read it; or use another version of this model, such as Q8_0")
      }
      self.type = type
      offset = try pairs.reader.read(UInt64.self, "the offset of \(quoted(name))")
    }

    func entry(
      _ file: MappedFile, dataStart: Int, alignment: Int
    ) throws(AttendError) -> TensorDirectory.Entry {
      func damage(_ reason: String) -> AttendError {
        AttendError(
          .damagedFile, "\(file.path): the tensor \(quoted(name)) \(reason), at byte \(position)",
          hint: "the file is damaged or incomplete: fetch it again")
      }
      guard offset % UInt64(alignment) == 0 else { throw damage("starts at \(offset), not a multiple of \(alignment)") }
      let row = shape.last ?? 1
      if row % type.elementsPerBlock != 0 {
        throw damage("has rows of \(row), not a multiple of \(type.name)'s block of \(type.elementsPerBlock)")
      }
      let size = byteCount(
        of: shape, elementsPerBlock: type.elementsPerBlock, bitsPerBlock: type.bytesPerBlock * 8)
      guard let size else { throw damage("has a shape beyond 2⁶⁰ bytes: \(shape)") }
      // A file whose tensors are all empty may end before its data would start.
      let dataStart = min(dataStart, file.count)
      let available = file.count - dataStart
      guard offset <= UInt64(available), size <= available - Int(offset) else {
        throw damage("needs \(size) bytes from \(offset) on, but the data has \(available)")
      }
      let start = dataStart + Int(offset)
      return TensorDirectory.Entry(
        name: name, typeName: type.name, elementType: type.elementType, shape: shape, file: file,
        byteRange: start..<start + size)
    }
  }
}
