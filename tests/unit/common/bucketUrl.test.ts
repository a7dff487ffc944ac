import { parseBucketUrl } from "../../../common/bucketUrl";

test.each([
    ["s3://acme-reports/baselines/a.json", { bucket: "acme-reports", key: "baselines/a.json" }],
    ["s3://acme/a", { bucket: "acme", key: "a" }],
    ["s3://acme", undefined],
    ["s3://acme/", undefined],
    ["s3://acme/folder/", undefined],
    ["s3://Acme/a", undefined],
    ["s3:/acme/a", undefined],
    ["baselines/a.json", undefined],
])("%s", (text, place) => {
    expect(parseBucketUrl(text)).toEqual(place);
});
