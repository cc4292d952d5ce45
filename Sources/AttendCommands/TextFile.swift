import AttendBase

/// Text files line by line, each with its line break.
enum TextFile {
  /// Calls `body` with every line of a file, or of standard input for `-`.
  /// - Throws: `not-found`, `system`; `invalid-input` when the file is not UTF-8, with the place.
  static func forEachLine(of path: String, _ body: (UnsafeRawBufferPointer) -> Void) throws {
    if path == "-" {
      var text = try Terminal.readAll()
      text.withUTF8 { lines(of: UnsafeRawBufferPointer($0), body) }
      return
    }
    try checked(path).withUnsafeBytes { lines(of: $0, body) }
  }

  /// A whole file, or standard input for `-`.
  /// - Throws: as `forEachLine` does.
  static func read(_ path: String) throws -> String {
    path == "-" ? try Terminal.readAll() : String(decoding: try checked(path).copied, as: UTF8.self)
  }

  private static func checked(_ path: String) throws -> MappedFile {
    let file = try MappedFile(path: path)
    if let place = UTF8Sequence.firstError(in: file.bytes) {
      throw AttendError(
        .invalidInput, "\(path) is not UTF-8, at byte \(place)",
        hint: "convert it first, for example with iconv -t UTF-8")
    }
    return file
  }

  private static func lines(of bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
    var start = 0
    while start < bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
      end = min(end + 1, bytes.count)
      body(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
      start = end
    }
  }
}
