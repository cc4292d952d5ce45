// A training step of one LSTM layer, as often as Benchmarks/compare-lstm asks: for each line on standard input it runs
// one and prints its seconds. Arguments: threads, width, sequences, length.
import AttendBase
import AttendNN
import AttendTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
guard numbers.count == 4 else {
  print("usage: lstm-bench THREADS WIDTH SEQUENCES LENGTH")
  exit(2)
}
let (width, count, length) = (numbers[1], numbers[2], numbers[3])
Hardware.threads = numbers[0]

var random = SeededRandom(seed: 1)
let x = Tensor.normal([count * length, width], using: &random)
let learner = Learner(seed: 1) { RecurrentNetwork($0, cell: .lstm, inputs: width, hidden: width) }

while readLine() != nil {
  let start = now()
  let result = try learner.gradients { network in
    var pass = ForwardPass(lengths: Array(repeating: length, count: count))
    return network(x, &pass).output.squared().mean()
  }
  let seconds = now() - start
  guard result.loss.isFinite, result.gradients.names.count == 4 else { exit(1) }
  print(seconds)
  fflush(nil)
}
