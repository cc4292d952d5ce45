import ArgumentParser
import Attend
import AttendBase

extension BenchCommand {
  /// Many requests at once: one round to warm up, then as many as were asked for.
  func measure(_ parallel: Int, _ benchmark: Benchmark) async throws {
    try benchmark.check(prompt: prompt + decode, decode: 1)
    let together = ParallelBenchmark(
      model: benchmark.model, precision: benchmark.precision, requests: parallel, prompt: prompt, decode: decode)
    _ = try await together.run(round: 0)
    var samples: [ParallelBenchmark.Sample] = []
    for round in 1...repetitions { samples.append(try await together.run(round: round)) }
    let report = ParallelReport(benchmark: together, samples: samples)
    try Terminal.write(common.json ? report.json.text() + "\n" : report.text)
  }

  func run(_ soak: Soak) async throws {
    let note: @Sendable (Int) -> Void = { [common] done in common.statistics("\(done) requests") }
    let report = try await soak.run(progress: note)
    try Terminal.write(common.json ? report.json.text() + "\n" : report.text)
    if !report.isGood { throw ExitCode.failure }
  }
}
