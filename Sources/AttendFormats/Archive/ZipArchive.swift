import AttendBase

/// The directory of a ZIP archive, and its members as files of their own.
///
/// Reads stored and deflated members, sizes beyond 4 GiB (ZIP64) included; encrypted, split and otherwise compressed
/// archives are refused.
///
/// Format: PKWARE's APPNOTE.TXT, version 6.3
struct ZipArchive {
  struct Member {
    let name: String
    fileprivate let method: UInt16
    fileprivate let checksum: UInt32
    fileprivate let compressedSize: Int
    let size: Int
    fileprivate let headerOffset: Int
  }

  let file: MappedFile
  /// In the order of the directory.
  let members: [Member]

  /// - Throws: `damagedFile` with the place; `unsupported` for split archives.
  init(_ file: MappedFile) throws(AttendError) {
    self.file = file
    let directory = try ZipDirectoryEnd(file)
    var reader = ByteReader(file.bytes, file: file.path, position: directory.start)
    var members: [Member] = []
    for _ in 0..<directory.count { members.append(try ZipArchive.member(&reader, end: directory.end)) }
    self.members = members
  }

  /// A member's bytes, unpacked and compared with their checksum. A stored member's are where the archive has them.
  ///
  /// - Throws: `damagedFile`; `unsupported` for an encrypted member or another compression.
  func bytes(of member: Member) throws(AttendError) -> (file: MappedFile, range: Range<Int>) {
    let packed = try dataRange(of: member)
    let name = "\(file.path)/\(member.name)"
    let input = UnsafeRawBufferPointer(rebasing: file.bytes[packed])
    switch member.method {
    case 0:
      guard member.size == packed.count else { throw damage(member, "has two different sizes") }
      try check(input, member)
      return (file, packed)
    case 8:
      // So that a small archive cannot ask for much memory.
      guard member.size / Inflate.highestRatio <= packed.count else {
        throw damage(member, "promises \(member.size) bytes, more than \(packed.count) compressed ones can hold")
      }
      let unpacked = try MappedFile(count: member.size, name: name) { output throws(AttendError) in
        try Inflate.unpack(input, into: output, source: name)
      }
      try withExtendedLifetime(unpacked) { () throws(AttendError) in try check(unpacked.bytes, member) }
      return (unpacked, 0..<unpacked.count)
    default:
      throw AttendError(
        .unsupported, "\(name): compressed by method \(member.method)", hint: "write the archive with deflate, or plain"
      )
    }
  }

  private func check(_ bytes: UnsafeRawBufferPointer, _ member: Member) throws(AttendError) {
    guard CRC32.checksum(of: bytes) == member.checksum else { throw damage(member, "does not have its checksum") }
  }

  /// Where the bytes behind the member's own header are.
  func dataRange(of member: Member) throws(AttendError) -> Range<Int> {
    var reader = ByteReader(file.bytes, file: file.path, position: member.headerOffset)
    guard try reader.read(UInt32.self, "a member's header") == 0x0403_4B50 else {
      throw damage(member, "has no header where the directory says")
    }
    try reader.skip(2, "a member's header")
    let flags = try reader.read(UInt16.self, "a member's header")
    guard flags & 1 == 0 else {
      throw AttendError(.unsupported, "\(file.path): \(quoted(member.name)) is encrypted")
    }
    try reader.skip(18, "a member's header")
    let nameLength = try reader.read(UInt16.self, "a member's header")
    let extraLength = try reader.read(UInt16.self, "a member's header")
    try reader.skip(Int(nameLength) + Int(extraLength), "a member's header")
    let start = reader.position
    try reader.skip(member.compressedSize, "the member \(quoted(member.name))")
    return start..<reader.position
  }

  private func damage(_ member: Member, _ reason: String) -> AttendError {
    AttendError(
      .damagedFile, "\(file.path): the member \(quoted(member.name)) \(reason)",
      hint: "the file is damaged or incomplete: fetch it again")
  }

  /// Reads one entry of the directory.
  private static func member(_ reader: inout ByteReader, end: Int) throws(AttendError) -> Member {
    let start = reader.position
    guard try reader.read(UInt32.self, "the directory") == 0x0201_4B50 else {
      throw reader.damage("the directory is damaged", at: start)
    }
    try reader.skip(6, "the directory")
    let method = try reader.read(UInt16.self, "the directory")
    try reader.skip(4, "the directory")
    let checksum = try reader.read(UInt32.self, "the directory")
    var compressed = UInt64(try reader.read(UInt32.self, "the directory"))
    var size = UInt64(try reader.read(UInt32.self, "the directory"))
    let nameLength = Int(try reader.read(UInt16.self, "the directory"))
    let extraLength = Int(try reader.read(UInt16.self, "the directory"))
    let commentLength = Int(try reader.read(UInt16.self, "the directory"))
    try reader.skip(8, "the directory")
    var offset = UInt64(try reader.read(UInt32.self, "the directory"))
    let name = try reader.readText(nameLength, "a member's name")
    var extra = ByteReader(try reader.readBytes(extraLength, "the directory"), file: reader.file)
    try reader.skip(commentLength, "the directory")
    while extra.remaining >= 4 {
      let kind = try extra.read(UInt16.self, "an extra field")
      let count = Int(try extra.read(UInt16.self, "an extra field"))
      var field = ByteReader(try extra.readBytes(count, "an extra field"), file: reader.file)
      guard kind == 1 else { continue }
      // ZIP64: what did not fit, in this order.
      if size == 0xFFFF_FFFF { size = try field.read(UInt64.self, "a ZIP64 field") }
      if compressed == 0xFFFF_FFFF { compressed = try field.read(UInt64.self, "a ZIP64 field") }
      if offset == 0xFFFF_FFFF { offset = try field.read(UInt64.self, "a ZIP64 field") }
    }
    guard reader.position <= end, let size = Int(exactly: size), let compressed = Int(exactly: compressed),
      let offset = Int(exactly: offset), compressed <= reader.bytes.count, offset < reader.bytes.count
    else { throw reader.damage("the directory's entry for \(quoted(name)) does not fit the file", at: start) }
    return Member(
      name: name, method: method, checksum: checksum, compressedSize: compressed, size: size, headerOffset: offset)
  }
}

/// What stands at the very end of an archive: where its directory is.
private struct ZipDirectoryEnd {
  let start: Int
  let end: Int
  let count: Int

  private static let length = 22
  private static let longestComment = 0xFFFF

  init(_ file: MappedFile) throws(AttendError) {
    let bytes = file.bytes
    // The record is followed by a comment of unknown length only, so it is searched for from the end.
    var place = bytes.count - ZipDirectoryEnd.length
    let lowest = max(0, place - ZipDirectoryEnd.longestComment)
    while place >= lowest {
      if bytes[place] == 0x50, bytes[place + 1] == 0x4B, bytes[place + 2] == 5, bytes[place + 3] == 6 { break }
      place -= 1
    }
    guard place >= lowest else {
      throw AttendError(
        .damagedFile, "\(file.path): there is no directory at its end",
        hint: "is this a ZIP archive? If it is, it is incomplete: fetch it again")
    }
    var reader = ByteReader(bytes, file: file.path, position: place + 4)
    let disk = try reader.read(UInt32.self, "the directory's end")
    let here = UInt64(try reader.read(UInt16.self, "the directory's end"))
    var count = UInt64(try reader.read(UInt16.self, "the directory's end"))
    var size = UInt64(try reader.read(UInt32.self, "the directory's end"))
    var offset = UInt64(try reader.read(UInt32.self, "the directory's end"))
    var limit = place
    let isLarge = count == 0xFFFF || size == 0xFFFF_FFFF || offset == 0xFFFF_FFFF
    if isLarge, place >= 20 {
      var locator = ByteReader(bytes, file: file.path, position: place - 20)
      if try locator.read(UInt32.self, "the ZIP64 locator") == 0x0706_4B50 {
        try locator.skip(4, "the ZIP64 locator")
        let record = try locator.read(UInt64.self, "the ZIP64 locator")
        guard let record = Int(exactly: record), record < place else {
          throw locator.damage("the ZIP64 record lies outside the file")
        }
        var large = ByteReader(bytes, file: file.path, position: record)
        guard try large.read(UInt32.self, "the ZIP64 record") == 0x0606_4B50 else {
          throw large.damage("there is no ZIP64 record", at: record)
        }
        try large.skip(28, "the ZIP64 record")
        count = try large.read(UInt64.self, "the ZIP64 record")
        size = try large.read(UInt64.self, "the ZIP64 record")
        offset = try large.read(UInt64.self, "the ZIP64 record")
        limit = record
      }
    } else if here != count {
      throw AttendError(.unsupported, "\(file.path): a part of an archive in several files")
    }
    guard disk == 0 || isLarge else {
      throw AttendError(.unsupported, "\(file.path): a part of an archive in several files")
    }
    // An entry takes 46 bytes at least, so the count cannot ask for more than the file holds.
    guard let offset = Int(exactly: offset), let size = Int(exactly: size), let count = Int(exactly: count),
      offset <= limit, size <= limit - offset, count <= size / 46
    else { throw reader.damage("the directory lies outside the file", at: place) }
    start = offset
    end = offset + size
    self.count = count
  }
}
