/**
 * Where AWS publishes the newest Deep Learning Base AMI (Ubuntu 22.04): it has the NVIDIA driver,
 * Docker and NVIDIA's container toolkit.
 */
export const AMI_PARAMETER =
    "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id";
