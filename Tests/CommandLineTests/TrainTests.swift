import AttendBase
import AttendFormats
import AttendTestSupport
import Foundation
import Testing

/// `attend train` as a shell sees it, killed at random moments included.
@Suite(.serialized) struct TrainTests {
  private let folder: TemporaryFolder
  private let configuration: String

  init() throws {
    folder = try TemporaryFolder()
    configuration = try folder.write("c.json", Self.text())
  }

  private static func text(steps: Int = 120, batch: Int = 4, checkpoints: Int = 5) -> String {
    """
    {"model": {"architectures": ["GPT2LMHeadModel"], "n_layer": 2, "n_head": 2, "n_embd": 32, "n_positions": 32,
       "resid_pdrop": 0.1, "embd_pdrop": 0.1, "attn_pdrop": 0.1},
     "tokenizer": "characters",
     "data": {"kind": "text", "train": "\(TestFixtures.path("austen-3000.txt"))", "validation_fraction": 0.1},
     "training": {"steps": \(steps), "batch_size": \(batch), "accumulation": 2, "evaluate_every": 20,
       "checkpoint_every": \(checkpoints), "schedule": {"name": "cosine", "learning_rate": 0.003, "warmup": 10}}}
    """
  }

  private func train(_ out: String, _ more: [String] = [], environment: [String: String] = [:]) throws -> Program {
    try Program.run(["train", configuration, "--out", folder(out)] + more, environment: environment)
  }

  private func bytes(_ name: String) throws -> [UInt8] { try MappedFile(path: folder(name)).copied }

  private let last = "checkpoints/step-000000120/"

  private func expectSame(_ a: String, _ b: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    for name in ["model.safetensors", last + "model.safetensors", last + "optimizer.safetensors"] {
      #expect(try bytes("\(a)/\(name)") == bytes("\(b)/\(name)"), "\(name)", sourceLocation: sourceLocation)
    }
  }

  @Test func threadsAndKillsLeaveTheSameBits() throws {
    let one = try train("one", ["--threads", "1"])
    #expect(one.status == 0 && one.output.contains("done after 120 updates"), "\(one.errors)")
    #expect(try train("two", ["--threads", "2", "--quiet"]).output == "")
    try expectSame("one", "two")

    // Kill -9 at moments of a fixed but irregular pattern, until the run gets through.
    var random = SeededRandom(seed: UInt64(bitPattern: Int64(ProcessInfo.processInfo.processIdentifier)))
    var kills = 0
    while kills < 200 {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: Program.path)
      process.arguments = ["train", configuration, "--out", folder("cut"), "--quiet", "--threads", "1"]
      if Folder.exists(folder("cut")) { process.arguments?.append("--resume") }
      process.standardError = FileHandle.nullDevice
      try process.run()
      usleep(50_000 + UInt32(random.next() % 250_000) + UInt32(min(kills, 40)) * 20_000)
      if !process.isRunning, process.terminationReason == .exit {
        #expect(process.terminationStatus == 0)
        break
      }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      kills += 1
    }
    #expect(kills > 0 && kills < 200, "the run was never killed, or never finished")
    try expectSame("one", "cut")

    // What is left is a model.
    let generated = try Program.run(["generate", "--model", folder("one"), "--max-tokens", "5", "It is"])
    #expect(generated.status == 0 && !generated.output.isEmpty, "\(generated.errors)")
    // And a run that is complete stays as it is.
    #expect(try train("one", ["--resume"]).status == 0)
    try expectSame("one", "cut")
    let again = try train("one")
    #expect(again.status == 1 && again.errors.contains("--resume"))
  }

  @Test func interruptionSavesAndContinues() throws {
    try folder.write("c.json", Self.text(steps: 4000, checkpoints: 1000))
    let stopped = try Program.run(
      ["train", configuration, "--out", folder("run"), "--json", "--threads", "1"],
      afterFirstOutput: { process, _ in
        usleep(300_000)
        kill(process.processIdentifier, SIGINT)
      })
    #expect(stopped.status == 130)
    let events = try stopped.output.split(separator: "\n").map { try JSON(parsing: String($0), source: "output") }
    #expect(events.first?["event"] == "started" && events.last?["event"] == "finished")
    #expect(events.last?["reason"] == "cancelled")
    let step = try #require(events.last?["step"]?.intValue)
    #expect(step > 0 && step < 4000)
    let saved = try Folder.names(in: folder("run/checkpoints"))
    #expect(saved.count == 1 && saved[0].hasSuffix("\(step)"))
  }

  @Test func aFullDiskLeavesTheLastCheckpoint() throws {
    // In blocks of 512 bytes: the weights (about 116 kB) fit, the optimizer's state, twice as large, does not.
    let limit = 160_000
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    #expect(try train("run", ["--quiet"]).status == 0)
    let before = try bytes("run/\(last)model.safetensors")
    try folder.write("c.json", Self.text(steps: 140))
    shell.arguments = [
      "-c", "ulimit -f \(limit / 512); exec \"$0\" \"$@\"", Program.path, "train", configuration, "--out",
      folder("run"), "--resume", "--quiet",
    ]
    let errors = Pipe()
    shell.standardError = errors
    try shell.run()
    let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    shell.waitUntilExit()
    #expect(shell.terminationReason == .exit && shell.terminationStatus == 1)
    #expect(complaint.hasPrefix("error: cannot write") && complaint.contains("large"), "\(complaint)")
    #expect(try bytes("run/\(last)model.safetensors") == before)
    #expect(try Folder.names(in: folder("run/checkpoints")).last == "step-000000120")
    // With room again it goes on.
    #expect(try train("run", ["--resume", "--quiet"]).status == 0)
    #expect(try Folder.names(in: folder("run/checkpoints")).last == "step-000000140")
  }

  @Test func mistakesAreOneLine() throws {
    let schema = try Program.run(["train", "--schema"])
    #expect(schema.status == 0 && schema.output.contains("batch_tokens"))
    #expect(try Program.run(["train"]).status == 64)
    for (from, to, part) in [
      ("\"steps\"", "\"stesp\"", "steps"), ("\"characters\"", "\"none.json\"", "none.json does not exist"),
    ] {
      try folder.write("c.json", Self.text().replacingOccurrences(of: from, with: to))
      let program = try train("bad", ["--quiet"])
      #expect(program.status == 1 && program.output == "")
      #expect(program.errors.split(separator: "\n").count == 1 && program.errors.contains(part), "\(program.errors)")
    }
  }

  // MARK: Several processes

  private static let mpirun: String? = ["/usr/bin/mpirun", "/usr/local/bin/mpirun", "/opt/homebrew/bin/mpirun"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  private func parallel(_ arguments: [String], environment: [String: String] = [:]) throws -> (Process, Pipe) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(Self.mpirun))
    process.arguments = ["--oversubscribe", "-n", "2", Program.path] + arguments
    let settings = ["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"]
    process.environment = ProcessInfo.processInfo.environment.merging(settings) { $1 }.merging(environment) { $1 }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return (process, output)
  }

  @Test(.enabled(if: mpirun != nil, "Open MPI is not installed (Debian: openmpi-bin)"))
  func twoProcessesAreATwiceLargerBatch() throws {

    func withoutDropout(_ batch: Int) -> String {
      Self.text(steps: 30, batch: batch).replacingOccurrences(of: "_pdrop\": 0.1", with: "_pdrop\": 0")
    }
    try folder.write("c.json", withoutDropout(4))
    let (process, output) = try parallel(
      ["train", configuration, "--out", folder("two"), "--threads", "1", "--precision", "exact"])
    let complaint = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(complaint)")
    try folder.write("c.json", withoutDropout(8))
    #expect(try train("one", ["--quiet", "--precision", "exact"]).status == 0)
    func losses(_ name: String) throws -> [[Double]] {
      try String(decoding: bytes("\(name)/metrics.jsonl"), as: UTF8.self).split(separator: "\n").map { line in
        let json = try JSON(parsing: String(line), source: name)
        return [json["loss"]?.doubleValue ?? .nan, json["validation_loss"]?.doubleValue ?? 0]
      }
    }
    let (two, one) = (try losses("two"), try losses("one"))
    #expect(two.count == 30 && one.count == 30)
    let difference = zip(two, one).flatMap { zip($0, $1).map { abs($0 - $1) } }.max() ?? .infinity
    #expect(difference < 2e-5, "\(difference)")
  }

  /// The processes that a process has started (Linux).
  private func children(of parent: pid_t) -> [pid_t] {
    ((try? Folder.names(in: "/proc")) ?? []).compactMap { pid_t($0) }.filter { process in
      // number (name) state parent …; the name may hold anything.
      guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
        let end = stat.lastIndex(of: ")")
      else { return false }
      return stat[end...].split(separator: " ").dropFirst(2).first == "\(parent)"
    }
  }

  @Test(.enabled(if: mpirun != nil, "Open MPI is not installed (Debian: openmpi-bin)"))
  func aLostProcessLeavesTheLastCheckpoint() throws {
    try folder.write("c.json", Self.text(steps: 100_000, checkpoints: 10))
    let (process, output) = try parallel(
      ["train", configuration, "--out", folder("run"), "--threads", "1", "--quiet"],
      environment: ["ATTEND_MPI_TIMEOUT": "20"])
    // The first checkpoint, within half a minute.
    for _ in 0..<600 where ((try? Folder.names(in: folder("run/checkpoints"))) ?? []).isEmpty { usleep(50_000) }
    let victim = try #require(children(of: process.processIdentifier).last)
    kill(victim, SIGKILL)
    let complaint = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus != 0 && !complaint.isEmpty)
    // It goes on from there: with the twice larger batch of one process it is another run, with two it is the same.
    try folder.write("c.json", Self.text(steps: 1, checkpoints: 10))
    let (again, rest) = try parallel(
      ["train", configuration, "--out", folder("run"), "--threads", "1", "--quiet", "--resume"])
    let errors = String(decoding: rest.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    again.waitUntilExit()
    #expect(again.terminationStatus == 0, "\(errors)")
  }
}
