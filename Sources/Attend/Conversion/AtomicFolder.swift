import AttendBase

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A folder that appears whole or not at all: files go to a hidden folder beside it, which is renamed at the end.
final class AtomicFolder {
  private let path: String
  private var temporary: String?

  /// - Throws: `invalid-input` when there is something at the path already, other than an empty folder; `not-found`,
  ///   `system`.
  init(path: String) throws(AttendError) {
    var path = path
    while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
    self.path = path
    if Folder.hasFile(path) {
      throw AttendError(
        .invalidInput, "\(path) is a file, not a folder", hint: "a path that ends in .gguf is written as GGUF")
    }
    if Folder.exists(path), try !Folder.names(in: path).isEmpty {
      throw AttendError(.invalidInput, "the folder \(path) is not empty", hint: "give the path of a new one")
    }
    let name = ".attend-\(getpid())-\(String(UInt32.random(in: 0...UInt32.max), radix: 36)).tmp"
    let temporary = Folder.parent(of: path) + "/" + name
    guard mkdir(temporary, 0o777) == 0 else { throw .system("write", path) }
    self.temporary = temporary
  }

  deinit {
    guard let temporary else { return }
    for name in (try? Folder.names(in: temporary)) ?? [] { unlink("\(temporary)/\(name)") }
    rmdir(temporary)
  }

  /// The path of a file while the folder is written.
  func file(_ name: String) -> String { "\(temporary ?? path)/\(name)" }

  func write(_ name: String, _ json: JSON) throws(AttendError) {
    try writeAtomically(to: file(name), json.utf8(pretty: true) + [UInt8(ascii: "\n")])
  }

  /// Puts the folder in place.
  /// - Throws: `system`; there is then no folder.
  func commit() throws(AttendError) {
    guard let temporary else { return }
    guard rename(temporary, path) == 0 else { throw .system("write", path) }
    self.temporary = nil
  }
}
