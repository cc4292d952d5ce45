import AttendBase

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file of JSON values, a line each, that grows. A crash may cut the last line short: readers skip what is no JSON.
final class LineLog {
  private let path: String
  private let descriptor: Int32

  /// - Parameter lines: what the file holds at first, instead of what it held.
  /// - Throws: `system` when the file cannot be written.
  init(path: String, keeping lines: [JSON]) throws(AttendError) {
    self.path = path
    try writeAtomically(to: path, lines.flatMap { $0.utf8() + [0x0A] })
    descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system("write", path) }
  }

  deinit { close(descriptor) }

  /// - Throws: `system` when the disk is full.
  func append(_ value: JSON) throws(AttendError) {
    let line = value.utf8() + [0x0A]
    let written = line.withUnsafeBytes { bytes in
      #if canImport(Glibc)
        Glibc.write(descriptor, bytes.baseAddress, bytes.count)
      #elseif canImport(Musl)
        Musl.write(descriptor, bytes.baseAddress, bytes.count)
      #else
        Darwin.write(descriptor, bytes.baseAddress, bytes.count)
      #endif
    }
    guard written == line.count else {
      if written >= 0 { errno = ENOSPC }
      throw .system("write", path)
    }
  }

  /// The lines that are JSON; none when there is no such file.
  static func read(_ path: String) -> [JSON] {
    guard let file = try? MappedFile(path: path) else { return [] }
    return file.copied.split(separator: UInt8(ascii: "\n")).compactMap { try? JSON(parsing: Array($0), source: path) }
  }
}
