import AttendBase
import AttendTestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The `AttendError` that `body` throws, or nil.
private func thrown<Result>(_ body: () throws -> Result) -> AttendError? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? AttendError
  }
}

@Suite struct MappedFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func mapsBytes() throws {
    let content = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let file = try MappedFile(path: folder.write("f", content))
    #expect(file.count == 20_000 && file.withUnsafeBytes { Array($0) } == content)
    // Whatever was released or asked for reads the same afterwards.
    for range in [0..<20_000, 1..<2, 5000..<15_000, 19_000..<20_000, -5..<50_000, 20_000..<20_000] {
      file.willNeed(range)
      file.release(range)
      #expect(file.withUnsafeBytes { Array($0) } == content)
    }
  }

  @Test func outlivesItsName() throws {
    let path = try folder.write("f", "hello")
    let file = try MappedFile(path: path)
    unlink(path)
    #expect(file.withUnsafeBytes { Array($0) } == Array("hello".utf8))
  }

  @Test func copiesBytesFromMemory() {
    let file = MappedFile(copying: Array("abc".utf8), name: "memory")
    file.release(0..<3)
    #expect(file.path == "memory" && file.withUnsafeBytes { Array($0) } == Array("abc".utf8))
    #expect(MappedFile(copying: [], name: "memory").withUnsafeBytes { $0.isEmpty })
  }

  @Test func refusesWhatIsNotAFile() throws {
    #expect(thrown { try MappedFile(path: folder("absent")) }?.code == .notFound)
    #expect(thrown { try MappedFile(path: "") }?.code == .notFound)
    #expect(thrown { try MappedFile(path: folder.path) }?.message.contains("is a folder") == true)
    #expect(thrown { try MappedFile(path: folder.write("f", "") + "/g") }?.code == .notFound)
    #expect(thrown { try MappedFile(path: folder("f")) }?.message.contains("is empty") == true)
    // Opening a pipe that nobody writes to must not wait.
    #expect(mkfifo(folder("pipe"), 0o600) == 0)
    #expect(thrown { try MappedFile(path: folder("pipe")) }?.message.contains("pipe or device") == true)
    #expect(thrown { try MappedFile(path: "/dev/null") }?.message.contains("pipe or device") == true)
    #expect(symlink(folder("loop"), folder("loop")) == 0)
    #expect(thrown { try MappedFile(path: folder("loop")) }?.code == .system)
  }

  @Test(.enabled(if: geteuid() != 0, "the superuser may read everything"))
  func refusesWhatMayNotBeRead() throws {
    let path = try folder.write("f", "secret")
    chmod(path, 0)
    let error = try #require(thrown { try MappedFile(path: path) })
    #expect(error.code == .system && error.description.contains(path) && error.hint == "check the permissions")
  }
}

@Suite struct AtomicFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func content(_ name: String) throws -> String {
    try MappedFile(path: folder(name)).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }

  @Test func writesAndReplaces() throws {
    try writeAtomically(to: folder("f"), Array("one".utf8))
    #expect(try content("f") == "one")
    try writeAtomically(to: folder("f")) { file in
      try file.write(Array("tw".utf8))
      try file.write([])
      try file.write(Array("o".utf8))
      #expect(file.count == 3)
      // Until the end the old file is there.
      #expect(try content("f") == "one")
    }
    #expect(try content("f") == "two")
    #expect(folder.names == ["f"])
  }

  @Test func failureLeavesNoTrace() throws {
    try folder.write("f", "old")
    struct Failure: Error {}
    #expect(throws: Failure.self) {
      try writeAtomically(to: folder("f")) { file in
        try file.write(Array("new".utf8))
        throw Failure()
      }
    }
    #expect(try content("f") == "old")
    #expect(folder.names == ["f"])
  }

  @Test func keepsPermissionsAndLinks() throws {
    chmod(try folder.write("real", "old"), 0o640)
    #expect(symlink("real", folder("link")) == 0)
    try writeAtomically(to: folder("link"), Array("new".utf8))
    #expect(try content("real") == "new")
    var status = stat()
    #expect(lstat(folder("link"), &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    #expect(stat(folder("real"), &status) == 0 && status.st_mode & 0o777 == 0o640)
  }

  @Test func takesTheLongestName() throws {
    let name = String(repeating: "n", count: 255)
    try writeAtomically(to: folder(name), Array("x".utf8))
    #expect(folder.names == [name])
  }

  @Test func saysWhyItCannotWrite() throws {
    let missing = try #require(thrown { try writeAtomically(to: folder("a/b"), []) })
    #expect(missing.code == .notFound && missing.message.contains(folder("a")))
    let isFolder = try #require(thrown { try writeAtomically(to: folder.path, []) })
    #expect(isFolder.code == .system && isFolder.message.contains("is a folder"))
    let slash = try #require(thrown { try writeAtomically(to: folder("new/"), []) })
    #expect(slash.code == .notFound)
    let under = try #require(thrown { try writeAtomically(to: folder.write("f", "") + "/g", []) })
    #expect(under.code == .notFound)
    #expect(folder.names == ["f"])
  }

  #if os(Linux)
    @Test func saysThatTheDiskIsFull() throws {
      let error = try #require(thrown { try writeAtomically(to: "/dev/full", Array("x".utf8)) })
      #expect(error.code == .system && error.message.contains("/dev/full") && error.hint == "make room on that disk")
    }

    @Test func writesToDevices() throws {
      try writeAtomically(to: "/dev/null", Array("x".utf8))
      var status = stat()
      #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    }
  #endif

  @Test(.enabled(if: geteuid() != 0, "the superuser may write everywhere"))
  func respectsPermissions() throws {
    chmod(try folder.write("f", "old"), 0o444)
    #expect(thrown { try writeAtomically(to: folder("f"), []) }?.hint == "check the permissions")
    chmod(folder.path, 0o555)
    #expect(thrown { try writeAtomically(to: folder("g"), []) }?.hint == "check the permissions")
    chmod(folder.path, 0o755)
    #expect(try content("f") == "old")
  }
}

@Suite struct ByteReaderTests {
  private func reading<Result>(_ bytes: [UInt8], _ body: (inout ByteReader) throws -> Result) rethrows -> Result {
    try bytes.withUnsafeBytes { bytes in
      var reader = ByteReader(bytes, file: "f")
      return try body(&reader)
    }
  }

  @Test func readsLittleEndian() throws {
    let bytes: [UInt8] = [0xFE, 0xFF, 0x34, 0x12, 0, 0, 0x80, 0x3F, 0xC3, 0xA9, 1, 2, 3]
    try reading(bytes) { reader in
      #expect(try reader.read(Int16.self, "a") == -2)
      #expect(try reader.read(UInt16.self, "b") == 0x1234)
      #expect(try reader.readFloat("c") == 1)
      #expect(try reader.readText(2, "d") == "é")
      try reader.skip(1, "e")
      #expect(try Array(reader.readBytes(2, "f")) == [2, 3] && reader.remaining == 0 && reader.position == 13)
      #expect(try reader.readBytes(0, "g").isEmpty)
    }
    #expect(try reading([0, 0, 0, 0, 0, 0, 0xF8, 0xBF]) { try $0.readDouble("d") } == -1.5)
  }

  @Test func everyOverrunIsAnError() throws {
    reading([1, 2, 3]) { reader in
      #expect(
        thrown { try reader.read(UInt32.self, "the size") }?.message
          == "f: ends inside the size (4 bytes needed, 3 left), at byte 0")
      #expect(thrown { try reader.readBytes(4, "x") }?.code == .damagedFile)
      #expect(thrown { try reader.readBytes(-1, "x") }?.code == .damagedFile)
      #expect(thrown { try reader.skip(.max, "x") }?.code == .damagedFile)
      #expect(thrown { try reader.readText(4, "x") }?.code == .damagedFile)
      #expect(thrown { try reader.readDouble("x") }?.code == .damagedFile)
      #expect(reader.position == 0)
    }
    #expect(
      thrown { try reading([0xFF]) { try $0.readText(1, "the name") } }?.message
        == "f: the name is not UTF-8, at byte 0")
  }

  @Test func countsAreBoundedByWhatIsLeft() throws {
    func count(_ value: UInt64, left: Int, each: Int) throws -> Int {
      let bytes = withUnsafeBytes(of: value.littleEndian) { Array($0) } + [UInt8](repeating: 0, count: left)
      return try reading(bytes) { try $0.readCount(minimumBytes: each, "the count") }
    }
    #expect(try count(3, left: 24, each: 8) == 3)
    #expect(try count(0, left: 0, each: 8) == 0)
    #expect(thrown { try count(4, left: 31, each: 8) }?.message.contains("more than the 31 bytes left") == true)
    #expect(thrown { try count(.max, left: 31, each: 1) }?.code == .damagedFile)
    #expect(thrown { try count(1 << 63, left: 31, each: 1) }?.code == .damagedFile)
  }

  @Test func quotesWhatMayBeHostile() {
    #expect(quoted("a\n\u{1B}[31mé\u{202E}") == #""a\u{a}\u{1b}[31mé\u{202e}""#)
    #expect(quoted(String(repeating: "x", count: 100_000)).count == 83)
  }
}
