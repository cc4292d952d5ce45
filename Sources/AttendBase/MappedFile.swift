#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The bytes of a file, mapped read-only into memory: opening costs microseconds and pages load when touched.
///
/// The mapping lives as long as this object; views into it keep a reference. Pages are clean and shared with every
/// process that maps the same file, so the system can drop them at any time.
///
/// - Important: Another process that *shortens* the file while it is mapped makes the system stop this process
///   (SIGBUS) when the lost pages are touched. Replace model files by renaming, as package managers and
///   ``AtomicFile`` do; then the mapping keeps the old bytes.
public final class MappedFile: Sendable {
  /// The path it was opened with, or the name given to bytes from memory; for messages.
  public let path: String
  /// Size in bytes.
  public let count: Int
  // The pointed-to bytes never change and are released only by `deinit`, so any thread may read them.
  nonisolated(unsafe) package let base: UnsafeRawPointer
  private let origin: Origin

  /// Who frees the bytes.
  private enum Origin {
    case mapped, copied, borrowed
  }

  /// Maps a regular, non-empty file.
  ///
  /// - Throws: `notFound` when there is no such file, `damagedFile` when it is empty, `system` when it is a folder, a
  ///   pipe or a device, or may not be read.
  public init(path: String) throws(AttendError) {
    // Without O_NONBLOCK, opening a pipe would wait for its writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .system("open", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system("read", path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let kind = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "a pipe or device"
      throw AttendError(.system, "\(path) is \(kind), not a file", hint: "give the path of a regular file")
    }
    guard let count = Int(exactly: status.st_size), count > 0 else {
      throw AttendError(.damagedFile, "\(path) is empty", hint: "the download may have failed: fetch it again")
    }
    guard let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
      throw .system("map", path)
    }
    self.path = path
    self.count = count
    base = UnsafeRawPointer(address)
    origin = .mapped
  }

  /// Copies bytes from memory, so that every reader also reads what never was a file.
  ///
  /// - Parameter name: stands for the path in messages.
  public init(copying bytes: some Collection<UInt8>, name: String) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 64)
    copy.copyBytes(from: bytes)
    path = name
    count = bytes.count
    base = UnsafeRawPointer(copy.baseAddress!)  // at least one byte was allocated
    origin = .copied
  }

  /// Bytes that are part of the program, such as embedded weights: nothing is copied.
  ///
  /// - Parameters:
  ///   - bytes: constant for as long as the program runs.
  ///   - name: stands for the path in messages.
  package init(constant bytes: UnsafeRawBufferPointer, name: String) {
    path = name
    count = bytes.count
    // An empty buffer has no address; nobody reads from this one.
    base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 64)!
    origin = .borrowed
  }

  /// Memory that `fill` fills, for what a file holds in another form, such as compressed.
  ///
  /// - Parameters:
  ///   - count: how many bytes, which `fill` finds unset and must set all of.
  ///   - name: stands for the path in messages.
  package init(
    count: Int, name: String, filling fill: (UnsafeMutableRawBufferPointer) throws(AttendError) -> Void
  ) throws(AttendError) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, count), alignment: 64)
    do {
      try fill(UnsafeMutableRawBufferPointer(rebasing: memory[..<count]))
    } catch {
      memory.deallocate()
      throw error
    }
    path = name
    self.count = count
    base = UnsafeRawPointer(memory.baseAddress!)  // at least one byte was allocated
    origin = .copied
  }

  deinit {
    switch origin {
    case .mapped: munmap(UnsafeMutableRawPointer(mutating: base), count)
    case .copied: base.deallocate()
    case .borrowed: break
    }
  }

  /// Calls `body` with all bytes; the pointer must not outlive the call.
  public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // A pointer alone does not keep the mapping: without this the last reference may go while `body` runs.
    try withExtendedLifetime(self) { () throws(Failure) in try body(bytes) }
  }

  /// All bytes, copied: for small files whose bytes outlive this object.
  package var copied: [UInt8] { withUnsafeBytes { Array($0) } }

  /// All bytes; valid while this object lives, which a reference that is not used any more does not ensure: where
  /// nothing else holds the file, take ``withUnsafeBytes(_:)`` or ``copied``.
  package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// Tells the system that the pages wholly inside `range` will not be read again soon, so that they stop counting
  /// against this process; reading them later loads them anew. Does nothing to bytes copied from memory.
  package func release(_ range: Range<Int>) {
    let page = Int(getpagesize())
    let clamped = range.clamped(to: 0..<count)
    let first = (clamped.lowerBound + page - 1) / page * page
    // The last page of the file belongs to it whole, though the file ends inside it.
    let last = clamped.upperBound == count ? count : clamped.upperBound / page * page
    guard origin == .mapped, first < last else { return }
    madvise(UnsafeMutableRawPointer(mutating: base + first), last - first, MADV_DONTNEED)
  }

  /// Asks the system to read `range` ahead of its use.
  package func willNeed(_ range: Range<Int>) {
    let page = Int(getpagesize())
    let clamped = range.clamped(to: 0..<count)
    let first = clamped.lowerBound / page * page
    guard origin == .mapped, !clamped.isEmpty else { return }
    madvise(UnsafeMutableRawPointer(mutating: base + first), clamped.upperBound - first, MADV_WILLNEED)
  }
}
