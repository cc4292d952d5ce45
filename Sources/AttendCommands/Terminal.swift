import AttendBase

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Standard input, output and error, without buffers: text is out when the call returns.
enum Terminal {
  /// Whoever read standard output has gone: nothing is wrong, there is nobody left to write for.
  struct ClosedPipe: Error {}

  /// A prompt larger than this is a mistake.
  private static let maximumInputBytes = 1 << 28

  static var inputIsTerminal: Bool { isatty(0) == 1 }
  static var outputIsTerminal: Bool { isatty(1) == 1 }
  static var errorIsTerminal: Bool { isatty(2) == 1 }

  /// Columns of the terminal that shows standard output; nil when none does.
  static var outputWidth: Int? {
    var size = winsize()
    guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// Writes to standard output.
  /// - Throws: `system` when the disk is full or fails, ``ClosedPipe``.
  static func write(_ text: String) throws {
    var text = text
    try text.withUTF8 { bytes in
      var written = 0
      while written < bytes.count {
        let result = systemWrite(1, bytes.baseAddress.map { $0 + written }, bytes.count - written)
        if result > 0 {
          written += result
        } else if errno == EPIPE {
          throw ClosedPipe()
        } else if errno != EINTR {
          throw AttendError.system("write to", "standard output")
        }
      }
    }
  }

  /// Writes a line to standard error, if it takes it.
  static func complain(_ line: String, end: String = "\n") {
    var line = line + end
    line.withUTF8 { bytes in _ = systemWrite(2, bytes.baseAddress, bytes.count) }
  }

  /// Puts a text in place of the line that standard error shows, and stays on it.
  static func draw(_ text: String) {
    // Cut to the window: a line that wraps could not be replaced.
    var size = winsize()
    let columns = ioctl(2, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    var line = "\r\u{1B}[K" + String(text.prefix(columns - 1))
    line.withUTF8 { bytes in _ = systemWrite(2, bytes.baseAddress, bytes.count) }
  }

  /// All of standard input.
  /// - Throws: `invalid-input` when it is not UTF-8, with the place; `limit-exceeded`; `system`.
  static func readAll() throws -> String {
    var bytes: [UInt8] = []
    while let more = try readSome() {
      bytes += more
      guard bytes.count <= maximumInputBytes else {
        throw AttendError(.limitExceeded, "standard input has more than \(maximumInputBytes >> 20) MiB")
      }
    }
    return try text(bytes, "standard input")
  }

  /// The bytes of a text.
  /// - Throws: `invalid-input` when they are not UTF-8.
  static func text(_ bytes: [UInt8], _ what: String) throws -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    let offset = bytes.withUnsafeBytes { UTF8Sequence.firstError(in: $0) }
    throw AttendError(
      .invalidInput, "\(what) is not UTF-8" + (offset.map { ", at byte \($0)" } ?? ""),
      hint: "convert it first, for example with iconv -t UTF-8")
  }

  /// What can be read now; nil at the end.
  fileprivate static func readSome() throws -> [UInt8]? {
    while true {
      var failure: Int32 = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
        let result = read(0, buffer.baseAddress, buffer.count)
        failure = result < 0 ? errno : 0
        count = max(result, 0)
      }
      if failure == EINTR { continue }
      guard failure == 0 else {
        errno = failure
        throw AttendError.system("read", "standard input")
      }
      return bytes.isEmpty ? nil : bytes
    }
  }

  /// Lines of standard input.
  struct LineReader {
    private var bytes: [UInt8] = []
    private var isAtEnd = false

    /// The next line without its end; nil after the last.
    /// - Throws: `invalid-input` when it is not UTF-8.
    mutating func next() throws -> String? {
      while true {
        if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
          defer { bytes.removeSubrange(...end) }
          return try Terminal.text(Array(bytes[..<end]), "the line")
        }
        guard !isAtEnd, bytes.count <= Terminal.maximumInputBytes, let more = try Terminal.readSome() else {
          isAtEnd = true
          defer { bytes = [] }
          return bytes.isEmpty ? nil : try Terminal.text(bytes, "the line")
        }
        bytes += more
      }
    }

    /// Waits for a line and takes those with it that have been read as well; empty after the last.
    /// - Throws: `invalid-input` when one is not UTF-8.
    mutating func batch(atMost count: Int) throws -> [String] {
      var lines: [String] = []
      while lines.count < count, lines.isEmpty || bytes.contains(UInt8(ascii: "\n")), let line = try next() {
        lines.append(line)
      }
      return lines
    }
  }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  #if canImport(Glibc)
    Glibc.write(descriptor, bytes, count)
  #elseif canImport(Musl)
    Musl.write(descriptor, bytes, count)
  #else
    Darwin.write(descriptor, bytes, count)
  #endif
}
