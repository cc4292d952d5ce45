// The attend side of what Benchmarks/bench-peers measures below the command line.
//
// usage: peer-worker THREADS
//
// Each line on standard input asks for one measurement; the answer is a line with its seconds. The first of a kind warms
// up before. Programs of the peers (Benchmarks/workers) speak the same way, so that both sides take turns while loaded.
//
//     stream BYTES                               reads memory once
//     attention LENGTH full|causal PRECISION     12 heads of width 64, over tensors
//     cached-attention LENGTH full|causal PRECISION    the same over a key/value cache that it writes first
//     product ROWS INPUTS OUTPUTS PRECISION      x · Wᵀ with a packed matrix
//     nanogpt PRECISION                          a training step: forward, backward, AdamW
//     lstm WIDTH SEQUENCES LENGTH PRECISION      forward and backward
//     translate FOLDER BATCH PRECISION           32 source tokens each, 32 greedy steps
import AttendBase
import AttendTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

guard CommandLine.arguments.count == 2, let threads = Int(CommandLine.arguments[1]), threads > 0 else {
  print("usage: peer-worker THREADS")
  exit(2)
}
Hardware.threads = threads
var stopwatches: [String: Stopwatch] = [:]
while let line = readLine() {
  do {
    let stopwatch = try stopwatches[line] ?? Stopwatch(try Request(line).work())
    stopwatches[line] = stopwatch
    print(try stopwatch.seconds())
  } catch {
    print("error: \(error)")
  }
  fflush(nil)
}
