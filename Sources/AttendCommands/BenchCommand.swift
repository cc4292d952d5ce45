import ArgumentParser
import Attend
import AttendBase
import AttendFormats
import AttendGeneration
import AttendModels
import AttendTensor

struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures how fast a model reads and writes.",
    discussion: """
      Reads a prompt of random tokens into an empty cache, then writes tokens one by one into another that starts almost
      empty; one round to warm up, then medians over the repetitions, which take turns.

      Examples:
        attend bench SmolLM2-135M-Instruct.Q4_1.gguf
        attend bench --prompt 128 --decode 32 --threads 1 --json model.gguf
        attend bench --profile model.gguf
        attend bench --parallel 16 --prompt 64 model.gguf
        attend bench --soak 10000 tiny.gguf
      """)

  @Option(help: ArgumentHelp("Tokens of the prompt.", valueName: "n"))
  var prompt = 512

  @Option(help: ArgumentHelp("Tokens to write.", valueName: "n"))
  var decode = 64

  @Option(help: ArgumentHelp("How often to measure.", valueName: "n"))
  var repetitions = 5

  @Option(help: ArgumentHelp("Measure so many requests at once instead of one.", valueName: "n"))
  var parallel: Int?

  @Option(
    help: ArgumentHelp(
      "Check so many random requests through the engine instead: right answers, flat memory, no stall.", valueName: "n")
  )
  var soak: Int?

  @Flag(help: "Also show where the time of a decode step and of the prompt goes, operation by operation.")
  var profile = false

  @OptionGroup var common: CommonOptions

  @Argument(help: ArgumentHelp("A folder, a .safetensors or a .gguf file.", valueName: "model"))
  var model: String

  func validate() throws {
    for (name, value) in [("prompt", prompt), ("decode", decode), ("repetitions", repetitions)]
      + [("parallel", parallel ?? 1), ("soak", soak ?? 1)]
    where !(1...1_000_000).contains(value) {
      throw ValidationError("--\(name) is \(value); it must be from 1 to 1000000")
    }
  }

  func run() async throws {
    common.prepare()
    let (path, chosen) = (model, common.precision)
    let thread = try ComputeThread(name: "attend")
    let (benchmark, loadSeconds) = try await thread.run {
      let start = ContinuousClock.now
      let checkpoint = try Checkpoint(path: path)
      let precision = chosen ?? ModelRegistry.defaultPrecision(of: checkpoint)
      let model = try ModelRegistry.load(checkpoint, precision: precision)
      return (Benchmark(model, precision: precision), (ContinuousClock.now - start).seconds)
    }
    if let soak { return try await run(Soak(model: benchmark.model, precision: benchmark.precision, count: soak)) }
    if let parallel { return try await measure(parallel, benchmark) }
    try benchmark.check(prompt: prompt, decode: decode)
    let (promptLength, decodeLength, rounds) = (prompt, decode, repetitions)
    let measured = try await thread.run {
      _ = try (benchmark.promptSeconds(promptLength), benchmark.decodeSeconds(min(decodeLength, 8)))
      var report = BenchmarkReport(promptLength, decodeLength, benchmark.precision, loadSeconds: loadSeconds)
      for _ in 0..<rounds {
        report.promptSamples.append(Double(promptLength) / (try benchmark.promptSeconds(promptLength)))
        report.decodeSamples.append(Double(decodeLength) / (try benchmark.decodeSeconds(decodeLength)))
      }
      report.decodeProfile = try benchmark.profileDecode(decodeLength)
      report.promptProfile = try benchmark.profilePrompt(promptLength)
      report.peaks = try MachinePeaks.measure(bytes: report.streamedBytes)
      return report
    }
    try Terminal.write(common.json ? measured.json(profile: profile).text() + "\n" : measured.text(profile: profile))
  }
}
