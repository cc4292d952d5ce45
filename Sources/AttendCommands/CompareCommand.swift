import ArgumentParser
import AttendBase
import AttendGeneration
import AttendTensor
import AttendTraining

struct CompareCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compares RNN, LSTM, GRU, attention and Transformer by measuring them.",
    discussion: """
      Popular tables say what each architecture can do; this trains and measures
      them here, with the layers of this program, and checks each claim:

        A  how far back a gradient reaches, before and after training
        B  the adding problem: two numbers that lie far apart
        C  associative recall: looking up what was read a moment ago
        D  translation with known alignment, with and without attention
        G  time and memory as sequences grow

      --smoke takes about 90 seconds on two cores, the default some minutes,
      --full hours. The same seed gives the same numbers, times aside. Exit code 1
      says that a claim does not hold. With --journal, a study that was ended goes
      on where it was when it is started again.

      Examples:
        attend compare --smoke
        attend compare --tasks A,C --svg compare.svg
        attend compare --full --json full.json --journal full.jsonl
      """)

  @Flag(help: "The robust effects alone, in about 90 seconds.")
  var smoke = false

  @Flag(help: "A grid of learning rates, five seeds and long sequences: hours.")
  var full = false

  @Option(help: ArgumentHelp("Which tasks to run.", valueName: "A,B,C,D,G"))
  var tasks = TaskList(tasks: StudyTask.allCases)

  @Option(help: ArgumentHelp("How many seeds; 2, 3 or 5 when left out.", valueName: "n"))
  var seeds: Int?

  @Option(help: ArgumentHelp("The first seed.", valueName: "n"))
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("Write the numbers to a file.", valueName: "file"))
  var json: String?

  @Option(help: ArgumentHelp("Draw the numbers to a file.", valueName: "file"))
  var svg: String?

  @Option(help: ArgumentHelp("Write down each finished run, and go on from what is there.", valueName: "file"))
  var journal: String?

  @Option(help: ArgumentHelp("How many threads compute; as many as the process may use when left out.", valueName: "n"))
  var threads: Int?

  /// `A,C`.
  struct TaskList: ExpressibleByArgument {
    var tasks: [StudyTask]

    init(tasks: [StudyTask]) { self.tasks = tasks }

    init?(argument: String) {
      let named = argument.split(separator: ",", omittingEmptySubsequences: false)
      tasks = named.compactMap { StudyTask(rawValue: $0.uppercased()) }
      if tasks.count < named.count { return nil }
    }

    var defaultValueDescription: String { tasks.map(\.rawValue).joined(separator: ",") }
  }

  func validate() throws {
    if smoke, full { throw ValidationError("--smoke and --full are two tiers: give one") }
    if let seeds, !(1...1000).contains(seeds) {
      throw ValidationError("--seeds is \(seeds); it must be from 1 to 1000")
    }
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads is \(threads); it must be from 1 to 256")
    }
  }

  func run() async throws {
    if let threads { Hardware.threads = threads }
    let study = Study(
      tier: smoke ? .smoke : full ? .full : .standard, tasks: tasks.tasks, seeds: seeds, seed: seed,
      version: AttendCommand.configuration.version, journal: journal)
    let isCancelled = Locked(false)
    let display = StudyDisplay()
    let thread = try ComputeThread(name: "attend")
    let stop: @Sendable () -> Void = { isCancelled.withLock { $0 = true } }
    let report = try await Interruption.shared.handling(stop) {
      try await thread.run {
        try study.run(isCancelled: { isCancelled.withLock { $0 } }, onEvent: { display.show($0) })
      }
    }
    if let json { try writeAtomically(to: json, report.json.utf8(pretty: true) + [UInt8(ascii: "\n")]) }
    if let svg { try writeAtomically(to: svg, Array(StudyPicture(report).svg.utf8)) }
    try Terminal.write(StudyTable.summary(report))
    guard report.claims.allSatisfy(\.holds) else { throw ExitCode.failure }
  }
}

/// Draws a study as it goes: tables on standard output, progress on a terminal's standard error.
private final class StudyDisplay: Sendable {
  /// Whether a line of progress stands on the terminal.
  private let hasLine = Locked(false)

  func show(_ event: StudyEvent) {
    switch event {
    case .progress(let task, let done, let total):
      guard Terminal.errorIsTerminal else { return }
      hasLine.withLock { $0 = true }
      Terminal.complain("\r\u{1B}[K\(task.rawValue)  \(done) of \(total)", end: "")
    case .finished(let result):
      if hasLine.withLock({ $0 }) { Terminal.complain("\r\u{1B}[K", end: "") }
      // Whoever reads may have gone; the study goes on for the files that it writes.
      try? Terminal.write(StudyTable.text(result))
    }
  }
}
