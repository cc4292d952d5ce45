import CAttend

// kernel-bench [threads=N] [runtime] [rows] [products] [attention]: medians on this machine; without parts, all of
// them. One thread is measured by its processor time, more by the clock on the wall. ATTEND_ISA chooses a level.
let known = ["runtime", "rows", "products", "attention"]
var chosen: [String] = []
for argument in CommandLine.arguments.dropFirst() {
  if argument.hasPrefix("threads="), let threads = Int32(argument.dropFirst(8)) {
    at_set_threads(threads)
  } else {
    chosen.append(argument)
  }
}
if let unknown = chosen.first(where: { !known.contains($0) }) {
  print("unknown part “\(unknown)”; there are \(known.joined(separator: ", "))")
} else {
  let kernels = at_kernels_best()!
  let stopwatch = Stopwatch(measuresProcessorTime: at_threads() == 1)
  let wants = { (part: String) in chosen.isEmpty || chosen.contains(part) }
  let machine = Machine(kernels, stopwatch)
  print("level \(String(cString: kernels.pointee.name)), \(at_threads()) threads; one core:", terminator: "")
  print(column(machine.gigaflops, 1), "GFLOP/s", column(machine.bandwidth, 1), "GB/s")
  if wants("runtime") { benchmarkRuntime(stopwatch) }
  if wants("rows") { benchmarkRows(kernels, stopwatch) }
  if wants("products") { benchmarkProducts(kernels, stopwatch, machine) }
  if wants("attention") { benchmarkAttention(kernels, stopwatch, machine) }
}
