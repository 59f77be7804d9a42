"""What all trainings share: the loop, its settings and its folder, averages, devices."""
