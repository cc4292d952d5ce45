#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Writes a file that appears whole or not at all.
///
/// Bytes go to a hidden file in the same folder; ``commit()`` forces them to the disk and renames it over the
/// destination. A writer that is dropped before that leaves the destination as it was. A destination that is a pipe or
/// device (`/dev/stdout`) is written directly.
public final class AtomicFile {
  private let path: String
  /// Where `path` leads: a symbolic link stays one and its target is replaced.
  private let destination: String
  /// Nil when the destination is written directly.
  private var temporaryPath: String?
  private var descriptor: Int32
  /// How many bytes have been written.
  public private(set) var count = 0

  /// Opens the hidden file.
  ///
  /// - Throws: `notFound` when the folder does not exist, `system` when it may not be written to or `path` is a folder.
  public init(path: String) throws(AttendError) {
    self.path = path
    destination = AtomicFile.resolve(path)
    var status = stat()
    let exists = stat(destination, &status) == 0
    let kind = status.st_mode & S_IFMT
    if exists, kind == S_IFDIR || path.hasSuffix("/") {
      throw AttendError(.system, "cannot write \(path): it is a folder", hint: "give the path of a file")
    }
    if exists, kind != S_IFREG {
      temporaryPath = nil
      descriptor = open(destination, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw .system("write", path) }
      return
    }
    if exists, access(destination, W_OK) != 0 { throw .system("write", path) }
    (descriptor, temporaryPath) = try AtomicFile.createBeside(destination, for: path)
    if exists { fchmod(descriptor, status.st_mode & 0o777) }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if let temporaryPath { unlink(temporaryPath) }
  }

  /// Appends bytes.
  ///
  /// - Throws: `system` when the disk is full or fails.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(AttendError) {
    var written = 0
    while written < bytes.count {
      #if canImport(Glibc)
        let result = Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
      #elseif canImport(Musl)
        let result = Musl.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
      #else
        let result = Darwin.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
      #endif
      if result > 0 {
        written += result
        count += result
      } else if result == 0 || errno != EINTR {
        throw .system("write", path)
      }
    }
  }

  /// Appends bytes.
  ///
  /// - Throws: `system` when the disk is full or fails.
  public func write(_ bytes: [UInt8]) throws(AttendError) {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(AttendError) in try write(bytes) }
    }
    try result.get()
  }

  /// Puts the file in place. Nothing may be written afterwards.
  ///
  /// - Throws: `system` when the disk is full or fails; the destination is then as it was.
  public func commit() throws(AttendError) {
    defer { descriptor = -1 }
    guard let temporaryPath else {
      guard close(descriptor) == 0 else { throw .system("write", path) }
      return
    }
    // A full disk or a failing network drive may tell only here.
    let isSafe = fsync(descriptor) == 0
    let reason = errno
    guard close(descriptor) == 0, isSafe else {
      if !isSafe { errno = reason }
      throw .system("write", path)
    }
    guard rename(temporaryPath, destination) == 0 else { throw .system("write", path) }
    self.temporaryPath = nil
    // So that the rename itself survives a power cut. Some file systems refuse; the file is in place all the same.
    let folder = open(Folder.parent(of: destination), O_RDONLY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  private static func resolve(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func createBeside(
    _ destination: String, for path: String
  ) throws(AttendError) -> (descriptor: Int32, path: String) {
    // A name of the writer's own length limit, not the destination's name plus a suffix, which may be too long.
    for _ in 0..<100 {
      let name = ".attend-\(getpid())-\(String(UInt32.random(in: 0...UInt32.max), radix: 36)).tmp"
      let temporary = Folder.parent(of: destination) + "/" + name
      let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (descriptor, temporary) }
      if errno != EEXIST { break }
    }
    if errno == ENOENT {
      throw AttendError(
        .notFound, "cannot write \(path): the folder \(Folder.parent(of: destination)) does not exist",
        hint: "create the folder first")
    }
    throw .system("write", path)
  }
}

/// Writes a file that appears whole or not at all: `body` appends to it; when `body` throws, nothing changes.
///
/// - Throws: what `body` throws; `notFound` or `system` when the file cannot be written, with its path and the reason.
public func writeAtomically(to path: String, _ body: (AtomicFile) throws -> Void) throws {
  let file = try AtomicFile(path: path)
  try body(file)
  try file.commit()
}

/// Writes bytes to a file that appears whole or not at all.
///
/// - Throws: `notFound` or `system` when the file cannot be written, with its path and the reason.
public func writeAtomically(to path: String, _ bytes: [UInt8]) throws(AttendError) {
  let file = try AtomicFile(path: path)
  try file.write(bytes)
  try file.commit()
}
