import AttendBase
import AttendTensor

/// Arrays that NumPy saved: one array in an `.npy` file, many with names in an `.npz` archive.
///
/// Pickled objects are listed but never read: reading them would run code. Arrays in Fortran order or with the bytes of
/// numbers exchanged are brought into row-major, little-endian order; all others stay where the file has them, unless
/// they are compressed.
public struct NumPyFile: Sendable {
  /// In the order of the archive; a single array has the name "array".
  public let tensors: TensorDirectory

  /// More than this many bytes of compressed arrays are not unpacked.
  public static let defaultLimit = 4 << 30

  /// Reads a file.
  ///
  /// - Parameter limit: how many bytes compressed arrays may take when unpacked.
  /// - Throws: `damagedFile` with the reason, `limitExceeded`, `unsupported` for what no reader of this version
  ///   unpacks; `notFound`, `system`.
  public init(path: String, limit: Int = NumPyFile.defaultLimit) throws(AttendError) {
    try self.init(MappedFile(path: path), limit: limit)
  }

  /// Reads a mapped file.
  ///
  /// - Throws: as ``init(path:limit:)``.
  public init(_ file: MappedFile, limit: Int = NumPyFile.defaultLimit) throws(AttendError) {
    self = try withExtendedLifetime(file) { () throws(AttendError) in try NumPyFile(reading: file, limit: limit) }
  }

  private init(reading file: MappedFile, limit: Int) throws(AttendError) {
    guard file.count >= 4, file.bytes[0] == UInt8(ascii: "P"), file.bytes[1] == UInt8(ascii: "K") else {
      tensors = try TensorDirectory([NumPyFile.entry("array", file, 0..<file.count, file.path)])
      return
    }
    let archive = try ZipArchive(file)
    // Members that share bytes would let a small archive unpack to much more than its size allows.
    var ends: [(range: Range<Int>, name: String)] = []
    var unpacked = 0
    for member in archive.members {
      let range = try archive.dataRange(of: member)
      ends.append((range, member.name))
      if member.size != range.count {
        let (sum, overflow) = unpacked.addingReportingOverflow(member.size)
        guard !overflow, sum <= limit else {
          throw AttendError(
            .limitExceeded, "\(file.path): its arrays take more than \(limit) bytes when unpacked",
            hint: "save them without compression, or raise the limit")
        }
        unpacked = sum
      }
    }
    ends.sort { $0.range.lowerBound < $1.range.lowerBound }
    for (one, next) in zip(ends, ends.dropFirst()) where next.range.lowerBound < one.range.upperBound {
      throw AttendError(
        .damagedFile, "\(file.path): the members \(quoted(one.name)) and \(quoted(next.name)) overlap",
        hint: "do not trust this file")
    }
    var entries: [TensorDirectory.Entry] = []
    for member in archive.members where member.name.hasSuffix(".npy") {
      let (bytes, range) = try archive.bytes(of: member)
      let name = String(member.name.dropLast(4))
      let entry = try withExtendedLifetime(bytes) { () throws(AttendError) in
        try NumPyFile.entry(name, bytes, range, "\(file.path)/\(member.name)")
      }
      entries.append(entry)
    }
    tensors = try TensorDirectory(entries)
  }

  private static func entry(
    _ name: String, _ file: MappedFile, _ range: Range<Int>, _ source: String
  ) throws(AttendError) -> TensorDirectory.Entry {
    let header = try NPYHeader(UnsafeRawBufferPointer(rebasing: file.bytes[range]), file: source)
    let start = range.lowerBound + header.dataStart
    func entry(_ file: MappedFile, _ range: Range<Int>) -> TensorDirectory.Entry {
      .init(
        name: name, typeName: header.typeName, elementType: header.elementType, shape: header.shape, file: file,
        byteRange: range)
    }
    guard let size = header.elementSize else { return entry(file, start..<range.upperBound) }
    guard let count = byteCount(of: header.shape, elementsPerBlock: 1, bitsPerBlock: size * 8),
      count == range.upperBound - start
    else {
      throw AttendError(
        .damagedFile,
        "\(source): \(header.shape) elements of \(header.typeName) do not fit \(range.upperBound - start) bytes",
        hint: "the file is damaged or incomplete: fetch it again")
    }
    let isTurned = header.isFortran && header.shape.count > 1 && count > 0
    let isSwapped = header.isBigEndian && size > 1
    guard isTurned || isSwapped, count > 0, header.elementType != nil else {
      return entry(file, start..<range.upperBound)
    }
    let input = UnsafeRawBufferPointer(rebasing: file.bytes[start..<range.upperBound])
    let ordered = try MappedFile(count: count, name: source) { output throws(AttendError) in
      reorder(input, into: output, size: size, shape: header.shape, isFortran: isTurned, isSwapped: isSwapped)
    }
    return entry(ordered, 0..<count)
  }

  /// Copies elements into row-major, little-endian order.
  private static func reorder(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, size: Int, shape: [Int],
    isFortran: Bool, isSwapped: Bool
  ) {
    // How far apart neighbours along each axis are in the file, in elements.
    var strides = [Int](repeating: 1, count: shape.count)
    if isFortran {
      for axis in strides.indices.dropFirst() { strides[axis] = strides[axis - 1] * shape[axis - 1] }
    } else {
      for axis in strides.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
    }
    var index = [Int](repeating: 0, count: shape.count)
    var place = 0
    for element in 0..<input.count / size {
      for byte in 0..<size {
        output[element * size + byte] = input[place * size + (isSwapped ? size - 1 - byte : byte)]
      }
      for axis in shape.indices.reversed() {
        index[axis] += 1
        place += strides[axis]
        if index[axis] < shape[axis] { break }
        place -= strides[axis] * shape[axis]
        index[axis] = 0
      }
    }
  }
}
