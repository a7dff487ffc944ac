// The package says nothing of its types; these are the parts in use.
declare module "jstat" {
    interface Distribution<P extends number[]> {
        cdf(x: number, ...parameters: P): number;
        inv(share: number, ...parameters: P): number;
    }
    const jStat: {
        readonly beta: Distribution<[alpha: number, beta: number]>;
        readonly normal: Distribution<[mean: number, deviation: number]>;
        readonly studentt: Distribution<[degreesOfFreedom: number]>;
        readonly binomial: {
            pdf(successes: number, trials: number, probability: number): number;
            cdf(successes: number, trials: number, probability: number): number;
        };
        combination(n: number, k: number): number;
    };
    export = jStat;
}
