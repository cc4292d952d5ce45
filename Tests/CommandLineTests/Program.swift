import Foundation

/// Runs the built `attend`.
struct Program {
  var status: Int32
  var output: String
  var errors: String

  /// Where the build put the binary: beside the tests themselves.
  static let path: String = {
    let arguments = CommandLine.arguments
    let bundle = arguments.first { $0.contains(".xctest") } ?? arguments[0]
    var folder = URL(fileURLWithPath: bundle).deletingLastPathComponent()
    for _ in 0..<4 {
      let candidate = folder.appendingPathComponent("attend").path
      if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
      folder.deleteLastPathComponent()
    }
    // SwiftPM's default place, from Tests/CommandLineTests/Program.swift.
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return root.appendingPathComponent(".build/release/attend").path
  }()

  /// A program that ends before it has read its input must not end the tests.
  private static let ignoresClosedPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

  /// - Parameters:
  ///   - input: what its standard input holds.
  ///   - output: a file to write standard output to; a pipe that is read here when nil.
  ///   - afterFirstOutput: called with the process and its standard input, still open, after its first output.
  static func run(
    _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:], output: String? = nil,
    afterFirstOutput: ((Process, FileHandle) -> Void)? = nil
  ) throws -> Program {
    _ = ignoresClosedPipes
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = try output.map { try FileHandle(forWritingTo: URL(fileURLWithPath: $0)) } ?? stdout
    process.standardError = stderr
    try process.run()
    // Plain threads: waiting on Swift's cooperative pool would keep other tests from running, for ever if it is small.
    let pipes = DispatchGroup()
    let complaint = Collected()
    DispatchQueue.global().async(group: pipes) {
      complaint.data = stderr.fileHandleForReading.readDataToEndOfFile()
    }
    let staysOpen = afterFirstOutput != nil
    DispatchQueue.global().async(group: pipes) {
      try? stdin.fileHandleForWriting.write(contentsOf: input)
      if !staysOpen { try? stdin.fileHandleForWriting.close() }
    }
    var bytes = Data()
    if output == nil {
      if let afterFirstOutput {
        bytes += stdout.fileHandleForReading.availableData
        afterFirstOutput(process, stdin.fileHandleForWriting)
        try? stdin.fileHandleForWriting.close()
      }
      bytes += stdout.fileHandleForReading.readDataToEndOfFile()
    }
    process.waitUntilExit()
    pipes.wait()
    return Program(
      status: process.terminationStatus, output: String(decoding: bytes, as: UTF8.self),
      errors: String(decoding: complaint.data, as: UTF8.self))
  }

  private final class Collected: @unchecked Sendable {
    // Sendable: written by one thread, read after the group has been waited for.
    var data = Data()
  }
}
