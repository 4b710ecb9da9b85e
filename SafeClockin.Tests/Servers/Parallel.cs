// Most tests wait: for a server, a browser or a deadline. So four fixtures run beside each other, on two processors as well,
// or tests of one that says so with ParallelScope.Children; what looks at the whole process is [NonParallelizable].
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(4)]
