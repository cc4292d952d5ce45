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
    let samples = try await thread.run {
      _ = try (benchmark.promptSeconds(promptLength), benchmark.decodeSeconds(min(decodeLength, 8)))
      var samples = (prompt: [Double](), decode: [Double]())
      for _ in 0..<rounds {
        samples.prompt.append(Double(promptLength) / (try benchmark.promptSeconds(promptLength)))
        samples.decode.append(Double(decodeLength) / (try benchmark.decodeSeconds(decodeLength)))
      }
      return samples
    }
    try report(benchmark.precision, loadSeconds, samples)
  }

  private func report(
    _ precision: Precision, _ loadSeconds: Double, _ samples: (prompt: [Double], decode: [Double])
  ) throws {
    let (read, written) = (Numbers.median(samples.prompt), Numbers.median(samples.decode))
    guard !common.json else {
      let result: JSON = [
        "prompt_tokens": JSON(prompt), "prompt_tokens_per_second": JSON(read), "decode_tokens": JSON(decode),
        "decode_tokens_per_second": JSON(written), "threads": JSON(Hardware.threads),
        "precision": JSON(precision.rawValue), "isa": JSON(Hardware.instructionSet),
        "load_seconds": JSON(loadSeconds),
        "samples": [
          "prompt_tokens_per_second": JSON(samples.prompt.map { JSON($0) }),
          "decode_tokens_per_second": JSON(samples.decode.map { JSON($0) }),
        ],
      ]
      return try Terminal.write(result.text() + "\n")
    }
    try Terminal.write(
      """
      prompt of \(prompt): \(Numbers.fixed(read, 1)) tokens/s
      decode of \(decode): \(Numbers.fixed(written, 1)) tokens/s
      loaded in \(Numbers.fixed(loadSeconds, 3)) s; \(Hardware.threads) threads, \(precision.rawValue), \
      \(Hardware.instructionSet); medians of \(repetitions)

      """)
  }
}
